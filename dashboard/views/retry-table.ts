/** Reads and writes that had to try again, newest first; each opens to all its steps, and Space freezes the list. */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { entryKey } from '../../agent/wire/state.ts';
import type { HostView, RetryView } from '../../agent/wire/view.ts';
import { returnText } from '../../probes/kernel.ts';
import { countText, durationText, fileText, momentText } from '../format.ts';
import { icon } from '../icon.ts';
import { retrySteps, type Step } from '../retry-text.ts';
import { shared } from '../style.ts';
import './retry-details.ts';
import { retryTableStyle } from './retry-table-style.ts';

/** Rows drawn at first: hundreds of them, a tenth of a second apart, would keep a browser busy for nothing. */
const fewRows = 60;

export class RetryTable extends LitElement {
  static override properties = {
    retries: { attribute: false },
    hosts: { attribute: false },
    frozen: { state: true },
    opened: { state: true },
    all: { state: true },
  };
  static override styles = [shared, retryTableStyle];

  declare retries: ReadonlyMap<string, RetryView>;
  declare hosts: ReadonlyMap<string, HostView>;
  /** What was there when the list was frozen; null while it moves. */
  declare frozen: ReadonlyMap<string, RetryView> | null;
  declare opened: ReadonlySet<string>;
  declare all: boolean;

  constructor() {
    super();
    this.retries = new Map();
    this.hosts = new Map();
    this.frozen = null;
    this.opened = new Set();
    this.all = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('keydown', this.#onKey);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('keydown', this.#onKey);
  }

  override render() {
    const frozen = this.frozen;
    const newestFirst = [...(frozen ?? this.retries).values()].reverse();
    const shown = this.all ? newestFirst : newestFirst.slice(0, fewRows);
    const hidden = newestFirst.length - shown.length;
    const unseen = frozen === null ? 0 : [...this.retries.keys()].filter((key) => !frozen.has(key)).length;
    return html`<section class="panel" aria-labelledby="title">
      <header>
        <h2 id="title">Retries</h2>
        <span class="hint">reads and writes that met a page fault under the glock</span>
        <span class="spring"></span>
        <span class="hint number" data-testid="retry-count">${
          frozen === null ? countText(newestFirst.length) : `frozen, ${countText(unseen)} newer`
        }</span>
        <button type="button" data-testid="freeze" aria-pressed=${frozen !== null} title="Space" @click=${this.#toggleFrozen}>
          ${frozen === null ? html`${icon('pause')}Freeze` : html`${icon('play')}Follow`}
        </button>
      </header>
      <div class="scroll" tabindex="0" role="group" aria-label="Retries">
        ${
          shown.length === 0
            ? html`<div class="empty"><strong>No retry yet</strong>One appears when a read or write gets -EFAULT under its glock, lets go, faults the pages in and tries again.</div>`
            : html`<div class="grid" role="table" aria-label="Retries, newest first">
                <div class="head" role="row">
                  ${['Time', 'Task', 'File', 'Attempts', 'Mapping'].map(
                    (name) => html`<span role="columnheader" class=${name.toLowerCase()}>${name}</span>`,
                  )}
                  <span role="columnheader" class="right">Returned</span>
                  <span role="columnheader" class="right" title="From the first failed attempt's end to the last attempt's start">Time lost</span>
                </div>
                ${repeat(shown, entryKey, (retry) => this.#rows(retry))}
              </div>
              ${
                hidden > 0 || this.all
                  ? html`<div class="rest"><button type="button" aria-expanded=${this.all} @click=${this.#toggleAll}>${
                      this.all ? 'Show fewer' : `+${countText(hidden)} older`
                    }</button></div>`
                  : nothing
              }`
        }
      </div>
    </section>`;
  }

  #rows(retry: RetryView): TemplateResult {
    const key = entryKey(retry);
    const open = this.opened.has(key);
    const host = this.hosts.get(retry.node);
    const toggle = (): void => this.#toggle(key);
    const short = retry.result >= 0 && retry.result < retry.lengthBytes;
    return html`<div
        role="row"
        class="body ${open ? 'open' : ''}"
        data-testid="retry"
        data-id=${retry.id}
        data-op=${retry.op}
        data-mapping=${retry.mapping}
        @click=${toggle}
      >
        <span role="cell" class="time"
          ><button type="button" aria-expanded=${open} @click=${(event: Event) => {
            event.stopPropagation();
            toggle();
          }}>${icon('chevron')}${momentText(host, retry.startedNs)}</button></span
        >
        <span role="cell" class="task"
          ><span class="mono">${retry.comm || '?'}</span> <span class="hint mono">${retry.tid}</span>
          <span class="hint">${retry.node}</span>${
            retry.unsure
              ? html` <span class="badge unsure" title="Records were lost during this call">unsure</span>`
              : nothing
          }</span
        >
        <span role="cell" class="file"
          ><span class="mono">${retry.op}()</span>${retry.direct ? ' direct' : ''}
          <span class="hint">${fileText(retry.file, host)}</span></span
        >
        <span role="cell" class="attempts"><span class="steps">${retrySteps(retry).map(stepTemplate)}</span></span>
        <span role="cell" class="mapping ${retry.mapping === 'same file' ? 'same' : ''}">${retry.mapping}</span>
        <span role="cell" class="right result mono">${returnText(retry.result)}${short ? html` <span class="hint">short</span>` : nothing}</span>
        <span role="cell" class="right lost">${durationText(retry.lostNs)}</span>
      </div>
      ${open ? html`<div class="details" role="row"><div role="cell"><retry-details .retry=${retry} .host=${host}></retry-details></div></div>` : nothing}`;
  }

  #toggle(key: string): void {
    const opened = new Set(this.opened);
    if (!opened.delete(key)) opened.add(key);
    this.opened = opened;
  }

  #toggleAll = (): void => {
    this.all = !this.all;
  };

  #toggleFrozen = (): void => {
    this.frozen = this.frozen === null ? this.retries : null;
  };

  #onKey = (event: KeyboardEvent): void => {
    if (event.code !== 'Space' || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    // Space on a button or in a list of choices is theirs.
    const target = event.composedPath()[0];
    if (target instanceof HTMLElement && target.matches('button, select, input, textarea, a, summary')) return;
    event.preventDefault();
    this.#toggleFrozen();
  };
}
customElements.define('retry-table', RetryTable);

function stepTemplate(step: Step, index: number): TemplateResult {
  const arrow = index === 0 ? nothing : html`<span class="arrow" aria-hidden="true">→</span>`;
  switch (step.kind) {
    case 'attempt':
      return html`${arrow}<span class="step"><b>${step.mode}</b> <span class=${step.failed ? 'bad' : ''}>${step.result}</span></span>`;
    case 'fault-in':
      return html`${arrow}<span class="step fault-in ${step.failed ? 'bad' : ''}">${step.text}</span>`;
    case 'omitted':
      return html`${arrow}<span class="step fault-in">${step.text}</span>`;
    default:
      return step satisfies never;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'retry-table': RetryTable;
  }
}
