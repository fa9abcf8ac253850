/** What happened each second, of one host: two charts of different magnitude under one cursor. */
import { css, html, LitElement, nothing } from 'lit';
import type { HostView, RateSample } from '../../agent/wire/view.ts';
import { momentText } from '../format.ts';
import { columns, faultSeries, type Series, shownSeconds, workSeries } from '../series.ts';
import { shared } from '../style.ts';
import type { Theme } from '../theme.ts';
import './rate-chart.ts';

export class RateCharts extends LitElement {
  static override properties = {
    rates: { attribute: false },
    hosts: { attribute: false },
    theme: {},
    chosen: { state: true },
    cursor: { state: true },
  };
  static override styles = [
    shared,
    css`
      .charts {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr));
        gap: 4px 20px;
        padding: 8px 12px 6px;
      }
      select {
        max-width: 14em;
      }
    `,
  ];

  declare rates: ReadonlyMap<string, readonly RateSample[]>;
  declare hosts: ReadonlyMap<string, HostView>;
  declare theme: Theme;
  /** The host that the user chose; null for the first. */
  declare chosen: string | null;
  /** Which second is under the cursor of either chart. */
  declare cursor: number | null;

  constructor() {
    super();
    this.rates = new Map();
    this.hosts = new Map();
    this.theme = 'light';
    this.chosen = null;
    this.cursor = null;
  }

  override render() {
    const nodes = [...this.hosts.keys()];
    const node = nodes.find((each) => each === this.chosen) ?? nodes[0];
    const host = node === undefined ? undefined : this.hosts.get(node);
    const samples = node === undefined ? [] : (this.rates.get(node) ?? []);
    const at = this.cursor === null ? 'last whole second' : momentText(host, this.cursor * 1e9).slice(0, -4);
    return html`<section class="panel" aria-labelledby="title">
      <header>
        <h2 id="title">Rates</h2>
        <span class="hint">per second, last ${shownSeconds / 60} minutes</span>
        <span class="spring"></span>
        <span class="hint number" data-testid="cursor-time">${at}</span>
        ${
          nodes.length < 2
            ? nothing
            : html`<select aria-label="Host" @change=${this.#choose}>${nodes.map(
                (each) => html`<option value=${each} ?selected=${each === node}>${each}</option>`,
              )}</select>`
        }
      </header>
      <div class="charts" @chart-cursor=${this.#follow}>
        ${this.#chart('Locks and calls', workSeries, samples, host)} ${this.#chart('Faults, retries and loss', faultSeries, samples, host)}
      </div>
    </section>`;
  }

  #chart(label: string, series: readonly Series[], samples: readonly RateSample[], host: HostView | undefined) {
    return html`<rate-chart
      .label=${label}
      .series=${series}
      .columns=${columns(samples, series, host?.nowNs ?? 0)}
      .cursor=${this.cursor}
      .host=${host}
      .theme=${this.theme}
    ></rate-chart>`;
  }

  #choose = (event: Event): void => {
    if (event.target instanceof HTMLSelectElement) this.chosen = event.target.value;
  };

  #follow = (event: CustomEvent<number | null>): void => {
    this.cursor = event.detail;
  };
}
customElements.define('rate-charts', RateCharts);

declare global {
  interface HTMLElementTagNameMap {
    'rate-charts': RateCharts;
  }
}
