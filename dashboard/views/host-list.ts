/** What is watched and how well: each host's state, its losses by cause, and which probe covers what. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import type { HostView, LossView } from '../../agent/wire/view.ts';
import { countText, plural } from '../format.ts';
import { icon } from '../icon.ts';
import { shared } from '../style.ts';
import './copy-button.ts';

export class HostList extends LitElement {
  static override properties = { hosts: { attribute: false } };
  static override styles = [
    shared,
    css`
      article {
        padding: 9px 12px;
        display: grid;
        gap: 6px;
      }
      article + article {
        border-top: 1px solid var(--line);
      }
      article > header {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        gap: 3px 8px;
      }
      h3 {
        font-size: 1rem;
        font-weight: 600;
      }
      .phase {
        font-weight: 600;
        color: var(--muted);
      }
      .phase.live {
        color: var(--ok);
      }
      .phase.failed {
        color: var(--fatal);
      }
      dl.facts {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr);
        gap: 1px 12px;
      }
      dt {
        color: var(--muted);
      }
      dd {
        overflow-wrap: anywhere;
        font-variant-numeric: tabular-nums;
      }
      .loss {
        color: var(--critical);
        font-weight: 600;
      }
      .problem {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        gap: 4px 8px;
        padding: 7px 9px;
        border: 1px solid var(--fatal);
        border-radius: 6px;
        background: var(--fatal-ground);
        overflow-wrap: anywhere;
      }
      .problem strong {
        color: var(--fatal);
      }
      summary {
        cursor: pointer;
        color: var(--accent);
      }
      details ul {
        display: grid;
        gap: 5px;
        margin-top: 6px;
      }
      details li {
        display: grid;
        grid-template-columns: 1.4em minmax(0, 1fr);
        overflow-wrap: anywhere;
      }
      .covered {
        color: var(--ok);
      }
      .uncovered {
        color: var(--critical);
      }
    `,
  ];

  declare hosts: ReadonlyMap<string, HostView>;

  constructor() {
    super();
    this.hosts = new Map();
  }

  override render() {
    return html`<section class="panel" aria-labelledby="title">
      <header>
        <h2 id="title">Hosts</h2>
        <span class="spring"></span>
        <span class="hint number">${countText(this.hosts.size)}</span>
      </header>
      ${
        this.hosts.size === 0
          ? html`<div class="empty"><strong>No host yet</strong>Watch one with <code class="mono">npm start -- attach ssh://root@HOST</code></div>`
          : [...this.hosts.values()].map((host) => this.#host(host))
      }
    </section>`;
  }

  #host(host: HostView): TemplateResult {
    return html`<article data-testid="host" data-node=${host.node} data-phase=${host.phase}>
      <header>
        <h3>${host.node}</h3>
        <span class="hint mono">${host.target}</span>
        <span class="spring"></span>
        <span class="phase ${host.phase}">${phaseText(host)}</span>
      </header>
      ${
        host.problem === null
          ? nothing
          : html`<div class="problem" data-testid="problem">
              <div><strong>${host.problem.cause}</strong><br />${host.problem.remedy}</div>
              <copy-button .text=${`${host.problem.cause}\n${host.problem.remedy}`}></copy-button>
            </div>`
      }
      ${host.kernel === '' && host.records === 0 ? nothing : factsTemplate(host)}
      ${host.coverage.length === 0 ? nothing : coverageTemplate(host)}
    </article>`;
  }
}
customElements.define('host-list', HostList);

const factsTemplate = (host: HostView): TemplateResult =>
  html`<dl class="facts">
        <dt>kernel</dt><dd class="mono">${host.kernel || '…'}</dd>
        <dt>bpftrace</dt><dd class="mono">${host.bpftrace || '…'}</dd>
        <dt>GFS2</dt><dd>${
          host.fileSystems.length === 0
            ? html`<span class="hint">nothing mounted</span>`
            : host.fileSystems.map(
                ({ dev, name, mountPoint }) =>
                  html`<div><span class="mono">${name || `${dev >>> 20}:${dev & 0xfffff}`}</span> on <span class="mono">${mountPoint || '?'}</span></div>`,
              )
        }</dd>
        <dt>records</dt><dd data-testid="host-records">${countText(host.records)}</dd>
        <dt>lost</dt><dd data-testid="host-loss">${lossTemplate(host.loss)}</dd>
      </dl>`;

function phaseText(host: HostView): string {
  if (host.playing !== null && host.phase === 'live') return `playing, round ${host.playing.round}`;
  return host.phase === 'live'
    ? 'live'
    : host.phase === 'failed' || host.phase === 'stopped'
      ? host.phase
      : `${host.phase}…`;
}

const lossCauses: readonly (readonly [key: Exclude<keyof LossView, 'lastMalformed'>, words: string])[] = [
  ['gap', 'dropped on the way'],
  ['tail', 'thrown away at the stop'],
  ['malformed', 'unreadable'],
  ['late', 'too late'],
  ['missed', 'returns that the kernel skipped'],
];

function lossTemplate(loss: LossView): TemplateResult {
  const causes = lossCauses.filter(([key]) => loss[key] > 0);
  if (causes.length === 0) return html`none`;
  return html`${causes.map(
    ([key, words], index) =>
      html`${index > 0 ? ', ' : nothing}<span class="loss" data-cause=${key} title=${key === 'malformed' ? (loss.lastMalformed ?? nothing) : nothing}
          >${countText(loss[key])} ${words}</span
        >`,
  )}`;
}

function coverageTemplate(host: HostView): TemplateResult {
  const missing = host.coverage.filter((each) => each.way === null).length;
  return html`<details data-testid="coverage">
    <summary>
      Coverage: ${plural(host.coverage.length - missing, 'capability').replace('capabilitys', 'capabilities')}${
        missing > 0 ? html`, <span class="uncovered">${missing} missing</span>` : nothing
      }
    </summary>
    <ul>
      ${host.coverage.map(
        ({ capability, way, note }) => html`<li data-testid="capability">
          <span class=${way === null ? 'uncovered' : 'covered'}>${icon(way === null ? 'alert' : 'check')}</span>
          <span
            >${capability}: ${way === null ? html`<b class="uncovered">missing</b>` : html`<code class="mono">${way}</code>`}${
              note === '' ? nothing : html` <span class="hint">${note}</span>`
            }</span
          >
        </li>`,
      )}
    </ul>
  </details>`;
}

declare global {
  interface HTMLElementTagNameMap {
    'host-list': HostList;
  }
}
