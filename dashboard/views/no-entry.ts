/** Shown instead of the dashboard when this page holds no token, or one of another run: what to do about it. */
import { css, html, LitElement } from 'lit';
import { icon } from '../icon.ts';
import { shared } from '../style.ts';
import './copy-button.ts';

export class NoEntry extends LitElement {
  static override properties = { reason: {} };
  static override styles = [
    shared,
    css`
      section {
        max-width: 44em;
        margin: 8vh auto 0;
        padding: 20px 24px;
        display: grid;
        gap: 10px;
        background: var(--panel);
        border: 1px solid var(--line);
        border-radius: var(--radius);
      }
      h2 {
        display: flex;
        align-items: center;
        gap: 8px;
        font-size: 1.2rem;
      }
      code {
        overflow-wrap: anywhere;
      }
      ol {
        display: grid;
        gap: 6px;
        padding-left: 1.4em;
        list-style: decimal;
      }
    `,
  ];

  declare reason: string;

  constructor() {
    super();
    this.reason = '';
  }

  override render() {
    return html`<section data-testid="no-entry" aria-labelledby="title">
      <h2 id="title">${icon('plug')}${this.reason === '' ? 'This page needs its token' : 'This page has an old token'}</h2>
      <p>
        ${this.reason === '' ? '' : `It cannot connect: ${this.reason}. `}glockscope can see inside a kernel, so only those who started it
        may look. The token is part of the address that it prints when it starts, and each start makes a new one:
      </p>
      <p><code class="mono">http://127.0.0.1:PORT/#token=…</code></p>
      <ol>
        <li>Go to the terminal where glockscope runs, and open the whole address that it printed.</li>
        <li>If it does not run, start it: <code class="mono">npm start</code> <copy-button text="npm start"></copy-button></li>
      </ol>
    </section>`;
  }
}
customElements.define('no-entry', NoEntry);

declare global {
  interface HTMLElementTagNameMap {
    'no-entry': NoEntry;
  }
}
