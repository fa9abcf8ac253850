/** What all elements share: panels, buttons, badges, focus. Colours and measures are named in theme.css. */
import { css } from 'lit';

export const shared = css`
  :host {
    display: block;
    box-sizing: border-box;
  }
  *,
  *::before,
  *::after {
    box-sizing: inherit;
  }
  [hidden] {
    display: none !important;
  }
  h2,
  h3,
  p,
  ul,
  ol,
  dl,
  dd {
    margin: 0;
    padding: 0;
  }
  ul,
  ol {
    list-style: none;
  }
  .panel {
    height: 100%;
    display: flex;
    flex-direction: column;
    min-width: 0;
    background: var(--panel);
    border: 1px solid var(--line);
    border-radius: var(--radius);
    overflow: hidden;
  }
  .panel > header {
    display: flex;
    align-items: center;
    gap: 6px 10px;
    flex-wrap: wrap;
    min-height: 38px;
    padding: 5px 12px;
    border-bottom: 1px solid var(--line);
  }
  h2 {
    font-size: 1rem;
    font-weight: 600;
  }
  .hint {
    color: var(--muted);
  }
  .spring {
    flex: 1;
  }
  .mono {
    font-family: var(--mono);
    font-size: 0.93em;
  }
  .number {
    font-variant-numeric: tabular-nums;
  }
  .empty {
    display: grid;
    place-content: center;
    justify-items: center;
    gap: 4px;
    height: 100%;
    padding: 24px;
    color: var(--muted);
    text-align: center;
    text-wrap: balance;
  }
  .empty strong {
    color: var(--text);
    font-weight: 600;
  }
  .badge {
    display: inline-block;
    padding: 0 5px;
    border: 1px solid currentColor;
    border-radius: 4px;
    font-size: 0.85em;
    font-weight: 600;
    line-height: 1.4;
    white-space: nowrap;
  }
  .unsure {
    color: var(--warning);
  }
  button,
  select {
    font: inherit;
    color: var(--text);
    background: var(--raised);
    border: 1px solid var(--line-strong);
    border-radius: 6px;
    padding: 2px 9px;
    min-height: 26px;
  }
  button {
    display: inline-flex;
    align-items: center;
    gap: 5px;
    cursor: pointer;
    white-space: nowrap;
  }
  button:hover,
  select:hover {
    border-color: var(--accent);
  }
  :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 1px;
  }
  svg.icon {
    width: 1.1em;
    height: 1.1em;
    flex: none;
    fill: none;
    stroke: currentColor;
    stroke-width: 1.6;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  .scroll {
    /* What changes inside, ten times a second, is nothing to the rest of the page; a layer of its own says so. */
    contain: content;
    will-change: transform;
    overflow: auto;
    overscroll-behavior: contain;
    scrollbar-gutter: stable;
    scrollbar-width: thin;
  }
`;
