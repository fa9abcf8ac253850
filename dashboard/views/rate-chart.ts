/** One chart: columns in, lines out, with a legend that names each line and its value under the cursor. */
import { css, html, LitElement, type PropertyValues, svg, unsafeCSS } from 'lit';
import uPlot from 'uplot';
import plotStyle from 'uplot/dist/uPlot.min.css?inline';
import type { HostView } from '../../agent/wire/view.ts';
import { countText, momentText, startSecond } from '../format.ts';
import { roundSeconds, type Series } from '../series.ts';
import { shared } from '../style.ts';
import type { Theme } from '../theme.ts';

const heightPx = 132;
/** A session that has just begun is not stretched over the whole width. */
const leastSeconds = 60;
/** Charts of this key share their cursor. */
const syncKey = 'rates';

export class RateChart extends LitElement {
  static override properties = {
    label: {},
    series: { attribute: false },
    columns: { attribute: false },
    cursor: { attribute: false },
    host: { attribute: false },
    theme: {},
  };
  static override styles = [
    shared,
    unsafeCSS(plotStyle),
    css`
      :host {
        min-width: 0;
      }
      .plot {
        position: relative;
        height: ${heightPx}px;
        overflow: hidden;
      }
      .nothing {
        position: absolute;
        inset: 0 0 24px;
        display: grid;
        place-content: center;
        color: var(--muted);
        pointer-events: none;
      }
      .bare .u-wrap {
        visibility: hidden;
      }
      .u-cursor-x,
      .u-cursor-y {
        border-color: var(--muted);
      }
      ul {
        display: flex;
        flex-wrap: wrap;
        gap: 1px 16px;
        margin-top: 2px;
        min-height: 1.5em;
      }
      li {
        display: flex;
        align-items: center;
        gap: 6px;
      }
      .swatch {
        width: 26px;
        height: 4px;
        overflow: visible;
      }
      .swatch line {
        stroke: currentColor;
        stroke-width: 2;
      }
      .value {
        min-width: 3.2em;
        font-variant-numeric: tabular-nums;
        font-weight: 600;
      }
      .acquisitions {
        color: var(--series-acquisitions);
      }
      .ioCalls {
        color: var(--series-ioCalls);
      }
      .faults {
        color: var(--series-faults);
      }
      .mkwrites {
        color: var(--series-mkwrites);
      }
      .retries {
        color: var(--series-retries);
      }
      .efaults {
        color: var(--series-efaults);
      }
      .lost {
        color: var(--series-lost);
      }
      .ink {
        color: var(--muted);
      }
      .faint {
        color: var(--line);
      }
    `,
  ];

  declare label: string;
  declare series: readonly Series[];
  /** Seconds, then one column a series. */
  declare columns: readonly (readonly number[])[];
  /** The second under the cursor; null shows the last. */
  declare cursor: number | null;
  declare host: HostView | undefined;
  declare theme: Theme;
  #plot: uPlot | null = null;
  readonly #resized = new ResizeObserver(() => this.#fit());

  constructor() {
    super();
    this.label = '';
    this.series = [];
    this.columns = [];
    this.cursor = null;
    this.host = undefined;
    this.theme = 'light';
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resized.disconnect();
    this.#plot?.destroy();
    this.#plot = null;
  }

  override render() {
    const [seconds = [], ...values] = this.columns;
    const at = this.cursor === null ? seconds.length - 1 : seconds.indexOf(this.cursor);
    return html`<div class="plot ${seconds.length === 0 ? 'bare' : ''}" role="img" aria-label=${`${this.label}, per second`}>
        <div class="nothing" ?hidden=${seconds.length > 0}>no whole second yet</div>
      </div>
      <ul aria-label=${this.label} data-testid="legend">
        ${this.series.map(
          ({ key, label, dash }, index) => html`<li data-series=${key}>
            <svg class="swatch ${key}" viewBox="0 0 26 4" aria-hidden="true">
              ${svg`<line x1="0" y1="2" x2="26" y2="2" stroke-dasharray=${dash.join(' ')} />`}
            </svg>
            <span>${label}</span>
            <span class="value">${at < 0 ? '–' : countText(values[index]?.[at] ?? 0)}</span>
          </li>`,
        )}
      </ul>
      <span class="ink" hidden></span><span class="faint" hidden></span>`;
  }

  override updated(changed: PropertyValues<this>): void {
    if (this.#plot === null || changed.has('theme') || changed.has('series')) this.#draw();
    else if (changed.has('columns')) this.#plot.setData(this.#data(), true);
  }

  #data(): uPlot.AlignedData {
    const [seconds = [], ...values] = this.columns;
    return [[...seconds], ...values.map((column) => [...column])];
  }

  #draw(): void {
    this.#plot?.destroy();
    const box = this.renderRoot.querySelector('.plot');
    if (!(box instanceof HTMLElement)) return;
    this.#plot = new uPlot(this.#options(box.clientWidth), this.#data(), box);
    this.#resized.observe(box);
  }

  #fit(): void {
    const width = this.renderRoot.querySelector('.plot')?.clientWidth ?? 0;
    if (width > 0) this.#plot?.setSize({ width, height: heightPx });
  }

  /** A class of ours as the colour that it has now: a canvas knows no CSS variables. */
  #colour(name: string): string {
    const element = this.renderRoot.querySelector(`.${name}`);
    return element === null ? '' : getComputedStyle(element).color;
  }

  #options(width: number): uPlot.Options {
    const axis: uPlot.Axis = {
      stroke: this.#colour('ink'),
      font: '11px system-ui, sans-serif',
      grid: { stroke: this.#colour('faint'), width: 1 },
      ticks: { show: false },
    };
    return {
      width,
      height: heightPx,
      padding: [8, 12, 0, 0],
      legend: { show: false },
      cursor: { sync: { key: syncKey, setSeries: false }, drag: { x: false, y: false }, points: { size: 6 }, y: false },
      scales: {
        x: { time: false, range: (_plot, min, max) => [min, Math.max(max, min + leastSeconds)] },
        y: { range: (_plot, _min, max) => [0, Math.max(5, max * 1.08)] },
      },
      axes: [
        {
          ...axis,
          size: 24,
          space: 70,
          incrs: [1, 5, 10, 15, 30, 60, 120, 300],
          splits: (_plot, _axis, min, max, step) => roundSeconds(startSecond(this.host), { min, max, step }),
          // Half a millisecond more: sums of fractions must not end at 59.999.
          values: (_plot, seconds) => seconds.map((second) => momentText(this.host, second * 1e9 + 5e5).slice(0, -4)),
        },
        {
          ...axis,
          size: 52,
          space: 28,
          values: (_plot, values) => values.map((value) => (Number.isInteger(value) ? countText(value) : '')),
        },
      ],
      series: [
        {},
        ...this.series.map(({ key, label, dash }) => ({
          label,
          stroke: this.#colour(key),
          width: 1.6,
          dash: [...dash],
          points: { show: false },
        })),
      ],
      hooks: {
        setCursor: [
          (plot) => {
            const second = plot.cursor.idx == null ? null : (plot.data[0][plot.cursor.idx] ?? null);
            if (second === this.cursor) return;
            this.dispatchEvent(new CustomEvent('chart-cursor', { detail: second, bubbles: true, composed: true }));
          },
        ],
      },
    };
  }
}
customElements.define('rate-chart', RateChart);

declare global {
  interface HTMLElementTagNameMap {
    'rate-chart': RateChart;
  }
}
