/** Findings, the worst first, each with the stack that proves it. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { entryKey } from '../../agent/wire/state.ts';
import { type FindingView, type HostView, severities } from '../../agent/wire/view.ts';
import { countText, momentText, plural } from '../format.ts';
import { icon } from '../icon.ts';
import { findingMoment, findingReport } from '../stack-text.ts';
import { shared } from '../style.ts';
import { isWatched } from '../verdict.ts';
import './copy-button.ts';
import './lock-stack.ts';

const mostCards = 50;

export class FindingList extends LitElement {
  static override properties = { findings: { attribute: false }, hosts: { attribute: false } };
  static override styles = [
    shared,
    css`
      .scroll {
        height: var(--findings-height, var(--region));
        max-height: var(--findings-most, none);
        padding: 10px;
      }
      .cards {
        display: grid;
        gap: 10px;
      }
      article {
        --tone: var(--muted);
        --tone-ground: var(--raised);
        border: 1px solid var(--line);
        border-left: 4px solid var(--tone);
        border-radius: var(--radius);
        padding: 8px 10px 10px;
      }
      .fatal {
        --tone: var(--fatal);
        --tone-ground: var(--fatal-ground);
      }
      .critical {
        --tone: var(--critical);
        --tone-ground: var(--critical-ground);
      }
      .warning {
        --tone: var(--warning);
        --tone-ground: var(--warning-ground);
      }
      .information {
        --tone: var(--accent);
        --tone-ground: var(--accent-ground);
      }
      article > header {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 8px;
      }
      .severity {
        display: inline-flex;
        align-items: center;
        gap: 4px;
        color: var(--tone);
        background: var(--tone-ground);
        border-radius: 4px;
        padding: 0 6px;
        font-weight: 700;
      }
      h3 {
        flex: 1 1 14em;
        font-size: 1rem;
        font-weight: 600;
        overflow-wrap: anywhere;
      }
      .who {
        margin: 3px 0 6px;
        color: var(--muted);
      }
      dl {
        display: grid;
        gap: 2px;
        margin: 8px 0;
      }
      dt {
        float: left;
        margin-right: 0.5em;
        color: var(--muted);
      }
      dd {
        overflow-wrap: anywhere;
      }
    `,
  ];

  declare findings: ReadonlyMap<string, FindingView>;
  declare hosts: ReadonlyMap<string, HostView>;

  constructor() {
    super();
    this.findings = new Map();
    this.hosts = new Map();
  }

  override render() {
    const sorted = [...this.findings.values()].sort(
      (a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity),
    );
    return html`<section class="panel" aria-labelledby="title">
      <header>
        <h2 id="title">Findings</h2>
        <span class="spring"></span>
        <span class="hint number" data-testid="finding-count">${countText(this.findings.size)}</span>
      </header>
      <div class="scroll" tabindex="0" role="group" aria-label="Findings">
        ${
          sorted.length === 0
            ? this.#empty()
            : html`<div class="cards">${repeat(sorted.slice(0, mostCards), entryKey, (finding) => this.#card(finding))}
                ${sorted.length > mostCards ? html`<p class="hint">+${countText(sorted.length - mostCards)} more</p>` : nothing}
              </div>`
        }
      </div>
    </section>`;
  }

  #empty(): TemplateResult {
    return isWatched(this.hosts)
      ? html`<div class="empty"><strong>${icon('check')} No finding</strong>Nothing has taken a lock it already holds, and no tasks wait for each other.</div>`
      : html`<div class="empty"><strong>No finding</strong>Nothing is watched yet: see Hosts.</div>`;
  }

  #card(finding: FindingView): TemplateResult {
    const host = this.hosts.get(finding.node);
    const { severity, title, comm, tid, node, count, firstNs, lastNs } = finding;
    return html`<article class=${severity} data-testid="finding" data-kind=${finding.kind} data-severity=${severity}>
      <header>
        <span class="severity">${icon(severity === 'information' ? 'info' : 'alert')}${severity}</span>
        <h3>${title}</h3>
      </header>
      <p class="who">
        <span class="mono">${comm || '?'}</span> <span class="mono">${tid}</span> on ${node}, glock <span class="mono">${finding.glock}</span> ·
        <span class="number">${
          count === 1
            ? `once, at ${momentText(host, firstNs)}`
            : `${plural(count, 'time')}, ${momentText(host, firstNs)} to ${momentText(host, lastNs)}`
        }</span>
        ${finding.unsure ? html`<span class="badge unsure" title="Records were lost around it">unsure</span>` : nothing}
      </p>
      <lock-stack .frames=${finding.stack} .host=${host} .nowNs=${findingMoment(finding)} .contested=${finding.glock}></lock-stack>
      ${finding.others.map(
        (
          other,
        ) => html`<p class="who"><span class="mono">${other.comm || '?'}</span> <span class="mono">${other.tid}</span></p>
          <lock-stack .frames=${other.frames} .host=${host} .nowNs=${findingMoment(finding)} .contested=${finding.glock}></lock-stack>`,
      )}
      <dl>
        <div><dt>Rule</dt><dd>${finding.rule}</dd></div>
        <div><dt>Consequence</dt><dd>${finding.consequence}</dd></div>
      </dl>
      <copy-button .text=${findingReport(finding, host)} label="Copy as text"></copy-button>
    </article>`;
  }
}
customElements.define('finding-list', FindingList);

declare global {
  interface HTMLElementTagNameMap {
    'finding-list': FindingList;
  }
}
