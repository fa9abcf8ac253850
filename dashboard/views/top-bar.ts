/** The line that is always there: the verdict in words, how many records it rests on, what was lost, and the connection. */
import { css, html, LitElement } from 'lit';
import type { HostView } from '../../agent/wire/view.ts';
import { countText } from '../format.ts';
import mark from '../icon.svg';
import { icon } from '../icon.ts';
import type { Connection } from '../store.ts';
import { shared } from '../style.ts';
import { type ThemeChoice, themeChoices } from '../theme.ts';
import { lostRecords, type Verdict } from '../verdict.ts';

export class TopBar extends LitElement {
  static override properties = {
    verdict: { attribute: false },
    connection: { attribute: false },
    hosts: { attribute: false },
    version: {},
    theme: {},
  };
  static override styles = [
    shared,
    css`
      header {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 6px 18px;
        min-height: 52px;
        padding: 6px 16px;
        background: var(--panel);
        border-bottom: 1px solid var(--line);
      }
      h1 {
        display: flex;
        align-items: center;
        gap: 8px;
        margin: 0;
        font-size: 1.15rem;
        font-weight: 650;
        letter-spacing: -0.01em;
      }
      h1 img {
        width: 22px;
        height: 22px;
      }
      .verdict {
        display: flex;
        align-items: center;
        gap: 6px;
        flex: 1 1 18em;
        min-width: 0;
        padding: 4px 10px;
        border-radius: 6px;
        color: var(--muted);
        background: var(--raised);
      }
      .verdict p {
        min-width: 0;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .verdict span {
        color: var(--text);
      }
      .verdict.healthy {
        color: var(--ok);
        background: var(--ok-ground);
      }
      .verdict.fatal,
      .verdict.trouble {
        color: var(--fatal);
        background: var(--fatal-ground);
      }
      .verdict.critical {
        color: var(--critical);
        background: var(--critical-ground);
      }
      .verdict.warning {
        color: var(--warning);
        background: var(--warning-ground);
      }
      .verdict.information {
        color: var(--accent);
        background: var(--accent-ground);
      }
      dl {
        display: flex;
        gap: 16px;
      }
      dl > div {
        display: flex;
        gap: 5px;
      }
      dt {
        color: var(--muted);
      }
      dd {
        min-width: 4.5em;
        font-variant-numeric: tabular-nums;
        font-weight: 600;
      }
      dd.lost {
        min-width: 2.5em;
      }
      dd.some {
        color: var(--critical);
      }
      .connection {
        display: inline-flex;
        align-items: center;
        gap: 6px;
        min-width: 8.2em;
      }
      .dot {
        width: 8px;
        height: 8px;
        border-radius: 50%;
        border: 2px solid var(--critical);
      }
      .open .dot {
        border-color: var(--ok);
        background: var(--ok);
      }
      @media (max-width: 959px) {
        header {
          padding: 6px 12px;
          gap: 6px 12px;
        }
        .verdict {
          order: 2;
          flex-basis: 100%;
        }
        .verdict p {
          white-space: normal;
        }
        dl {
          order: 3;
        }
        .connection {
          order: 4;
          margin-left: auto;
          min-width: 0;
        }
        .theme {
          margin-left: auto;
        }
      }
    `,
  ];

  declare verdict: Verdict;
  declare connection: Connection;
  declare hosts: ReadonlyMap<string, HostView>;
  declare version: string;
  declare theme: ThemeChoice;

  constructor() {
    super();
    this.verdict = { level: 'waiting', text: '', detail: '' };
    this.connection = { kind: 'connecting' };
    this.hosts = new Map();
    this.version = '';
    this.theme = 'system';
  }

  override render() {
    const hosts = [...this.hosts.values()];
    const records = hosts.reduce((sum, host) => sum + host.records, 0);
    const lost = hosts.reduce((sum, host) => sum + lostRecords(host), 0);
    const { level, text, detail } = this.verdict;
    return html`<header>
      <h1 title=${this.version === '' ? 'glockscope' : `glockscope ${this.version}`}><img src=${mark} alt="" />glockscope</h1>
      <div class="verdict ${level}" role="status" aria-live="polite" data-testid="verdict" data-level=${level}>
        ${icon(level === 'healthy' ? 'check' : level === 'waiting' ? 'clock' : level === 'information' ? 'info' : 'alert')}
        <p><b>${text}</b> <span>${detail}</span></p>
      </div>
      <dl>
        <div><dt>records</dt><dd data-testid="records">${countText(records)}</dd></div>
        <div><dt>lost</dt><dd class="lost ${lost > 0 ? 'some' : ''}" data-testid="lost">${countText(lost)}</dd></div>
      </dl>
      <span class="connection ${this.connection.kind}" data-testid="connection" data-state=${this.connection.kind} title=${connectionTitle(this.connection)}
        ><span class="dot"></span>${connectionText[this.connection.kind]}</span
      >
      <button class="theme" type="button" data-testid="theme" @click=${this.#nextTheme} title="Switch between the system's theme, light and dark">
        ${icon(themeIcon[this.theme])}${this.theme}
      </button>
    </header>`;
  }

  #nextTheme = (): void => {
    const next = themeChoices[(themeChoices.indexOf(this.theme) + 1) % themeChoices.length] ?? 'system';
    this.dispatchEvent(new CustomEvent('theme-choice', { detail: next, bubbles: true, composed: true }));
  };
}
customElements.define('top-bar', TopBar);

const themeIcon = { system: 'system', light: 'sun', dark: 'moon' } as const;
const connectionText: Readonly<Record<Connection['kind'], string>> = {
  'no-token': 'no token',
  connecting: 'connecting…',
  open: 'connected',
  broken: 'reconnecting…',
  refused: 'refused',
};
const connectionTitle = (connection: Connection): string =>
  connection.kind === 'broken' || connection.kind === 'refused' ? connection.reason : connectionText[connection.kind];

declare global {
  interface HTMLElementTagNameMap {
    'top-bar': TopBar;
  }
}
