/** The whole page: the only element that knows the store; all others get what they show and tell what was done. */
import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import { createStore, type Store } from '../store.ts';
import { StoreController } from '../store-controller.ts';
import { shared } from '../style.ts';
import { applyTheme, chooseTheme, onSystemTheme, type Theme, type ThemeChoice, themeChoice } from '../theme.ts';
import { verdict } from '../verdict.ts';
import './finding-list.ts';
import './host-list.ts';
import './no-entry.ts';
import './open-questions.ts';
import './rate-charts.ts';
import './replay-banner.ts';
import './retry-table.ts';
import './task-list.ts';
import './top-bar.ts';

const tickMs = 250;

export class GlockApp extends LitElement {
  static override properties = { store: { attribute: false }, theme: { state: true } };
  static override styles = [
    shared,
    css`
      top-bar {
        position: sticky;
        top: 0;
        z-index: 2;
      }
      .broken {
        padding: 5px 16px;
        background: var(--warning-ground);
        color: var(--warning);
        border-bottom: 1px solid var(--line);
      }
      main {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: var(--gap);
        padding: var(--gap);
      }
      .live,
      .known {
        display: contents;
      }
      finding-list {
        --findings-height: auto;
        --findings-most: 75vh;
      }
      retry-table {
        flex: 1 1 auto;
      }
      @media (max-width: 1079px) {
        finding-list {
          order: -1;
        }
        top-bar {
          position: static;
        }
      }
      @media (min-width: 1080px) {
        main {
          grid-template-columns: minmax(0, 1.9fr) minmax(360px, 1fr);
          padding: var(--gap) 16px;
        }
        rate-charts {
          grid-column: 1 / -1;
        }
        .live,
        .known {
          display: flex;
          flex-direction: column;
          gap: var(--gap);
          min-width: 0;
        }
        finding-list {
          --findings-height: var(--region);
          --findings-most: none;
        }
      }
      @media (min-width: 1900px) {
        main {
          grid-template-columns: minmax(0, 2.6fr) minmax(420px, 1fr);
        }
        .live {
          display: grid;
          grid-template-columns: minmax(0, 1fr) minmax(0, 1.15fr);
        }
        .live,
        .known {
          --region: clamp(400px, 62vh, 1400px);
        }
        .known {
          --region: clamp(300px, 40vh, 900px);
        }
      }
    `,
  ];

  declare store: Store;
  declare theme: Theme;
  #shown: StoreController | undefined;
  #tick: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.store = createStore();
    this.theme = applyTheme();
    onSystemTheme(() => {
      this.theme = applyTheme();
    });
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#tick = setInterval(() => this.store.dispatch({ kind: 'tick', atMs: performance.now() }), tickMs);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#tick);
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('store')) return;
    if (this.#shown !== undefined) {
      this.#shown.hostDisconnected();
      this.removeController(this.#shown);
    }
    this.#shown = new StoreController(this, this.store);
  }

  override render() {
    const { state, roster, clocks, connection, version, seq } = this.store.view;
    const { hosts, rates, retries, findings } = state;
    const said = verdict(this.store.view);
    document.title = `${said.text} · glockscope`;
    const barred = connection.kind === 'no-token' || connection.kind === 'refused';
    return html`<top-bar
          .verdict=${said}
          .connection=${connection}
          .hosts=${hosts}
          .version=${version}
          .theme=${themeChoice()}
          @theme-choice=${this.#chooseTheme}
        ></top-bar>
        ${
          connection.kind === 'broken' && seq !== null
            ? html`<div class="broken" data-testid="broken">What you see is from before the connection broke: ${connection.reason}.</div>`
            : nothing
        }
        <replay-banner .hosts=${hosts}></replay-banner>
      ${
        barred && seq === null
          ? html`<no-entry .reason=${connection.kind === 'refused' ? connection.reason : ''}></no-entry>`
          : html`<main>
              <rate-charts .rates=${rates} .hosts=${hosts} .theme=${this.theme}></rate-charts>
              <div class="live">
                <task-list .roster=${roster} .hosts=${hosts} .clocks=${clocks}></task-list>
                <retry-table .retries=${retries} .hosts=${hosts}></retry-table>
              </div>
              <div class="known">
                <finding-list .findings=${findings} .hosts=${hosts}></finding-list>
                <open-questions .hosts=${hosts}></open-questions>
                <host-list .hosts=${hosts}></host-list>
              </div>
            </main>`
      }`;
  }

  #chooseTheme = (event: CustomEvent<ThemeChoice>): void => {
    this.theme = chooseTheme(event.detail);
    this.requestUpdate();
  };
}
customElements.define('glock-app', GlockApp);

declare global {
  interface HTMLElementTagNameMap {
    'glock-app': GlockApp;
  }
}
