/** Says plainly that what is shown is a recording, and how to watch a real host instead. */
import { css, html, LitElement, nothing } from 'lit';
import type { HostView } from '../../agent/wire/view.ts';
import { durationText } from '../format.ts';
import { icon } from '../icon.ts';
import { shared } from '../style.ts';
import './copy-button.ts';

const attachCommand = 'npm start -- attach ssh://root@HOST';

export class ReplayBanner extends LitElement {
  static override properties = { hosts: { attribute: false } };
  static override styles = [
    shared,
    css`
      aside {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 20px;
        padding: 6px 16px;
        background: var(--accent-ground);
        border-bottom: 1px solid var(--line);
      }
      .what {
        display: flex;
        align-items: baseline;
        gap: 7px;
        flex: 1 1 44em;
      }
      ul {
        margin: 2px 0 0;
        padding: 0;
        list-style: none;
      }
      .what svg {
        align-self: center;
        color: var(--accent);
      }
      .how {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 8px;
      }
    `,
  ];

  declare hosts: ReadonlyMap<string, HostView>;

  constructor() {
    super();
    this.hosts = new Map();
  }

  override render() {
    const playing = [...this.hosts.values()].flatMap((host) => (host.playing === null ? [] : [host.playing]));
    if (playing.length === 0) return nothing;
    return html`<aside aria-label="Recording" data-testid="banner">
      <div class="what">
        ${icon('play')}
        <div>
          <b>${playing.length === 1 ? 'This is a recording of a real kernel' : 'These are recordings of real kernels'}, played in a loop.</b>
          <ul>
            ${playing.map(
              ({ title, lengthNs, round }) =>
                html`<li class="number">${title} (${durationText(lengthNs)}, round ${round})</li>`,
            )}
          </ul>
        </div>
      </div>
      <div class="how">
        Watch a real host: <code class="mono">${attachCommand}</code>
        <copy-button .text=${attachCommand}></copy-button>
      </div>
    </aside>`;
  }
}
customElements.define('replay-banner', ReplayBanner);

declare global {
  interface HTMLElementTagNameMap {
    'replay-banner': ReplayBanner;
  }
}
