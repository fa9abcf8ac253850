/** The few icons, drawn in the text's colour; each stands beside words, never instead of them. */
import { html, svg, type TemplateResult } from 'lit';

const paths = {
  alert: svg`<path d="M8 1.8 15 14H1zM8 6.2v3.6M8 12v.1"/>`,
  check: svg`<circle cx="8" cy="8" r="6.5"/><path d="m5 8.2 2.2 2.2L11.2 6"/>`,
  clock: svg`<circle cx="8" cy="8" r="6.5"/><path d="M8 4.4V8l2.4 1.6"/>`,
  copy: svg`<rect x="5.5" y="5.5" width="8.5" height="9" rx="1.5"/><path d="M3.5 11H3a1 1 0 0 1-1-1V2.5a1 1 0 0 1 1-1h6.5a1 1 0 0 1 1 1V3"/>`,
  info: svg`<circle cx="8" cy="8" r="6.5"/><path d="M8 7.2v4M8 4.7v.1"/>`,
  pause: svg`<path d="M5.5 3v10M10.5 3v10"/>`,
  play: svg`<path d="M4.5 2.8v10.4l8.5-5.2z"/>`,
  moon: svg`<path d="M13.5 9.8A6 6 0 0 1 6.2 2.5a6 6 0 1 0 7.3 7.3z"/>`,
  sun: svg`<circle cx="8" cy="8" r="3"/><path d="M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1.1 1.1M11.9 11.9 13 13M13 3l-1.1 1.1M4.1 11.9 3 13"/>`,
  system: svg`<rect x="1.5" y="2.5" width="13" height="8.5" rx="1.2"/><path d="M5.5 14h5M8 11v3"/>`,
  chevron: svg`<path d="m6 3.5 4.5 4.5L6 12.5"/>`,
  plug: svg`<path d="M5.5 1.5v3.5M10.5 1.5v3.5M3.5 5h9v2.5a4.5 4.5 0 0 1-9 0zM8 12v2.5"/>`,
} as const;

export type IconName = keyof typeof paths;

export const icon = (name: IconName): TemplateResult =>
  html`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true">${paths[name]}</svg>`;
