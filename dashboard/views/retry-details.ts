/** One retried call in full: where and how much, then every attempt with what was faulted in before it. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import type { AttemptView, FaultInView, HostView, RetryView } from '../../agent/wire/view.ts';
import { returnText } from '../../probes/kernel.ts';
import { addressText, bytesText, durationText, fileText, findCommand, plural } from '../format.ts';
import { modeText } from '../retry-text.ts';
import { shared } from '../style.ts';
import './copy-button.ts';

export class RetryDetails extends LitElement {
  static override properties = { retry: { attribute: false }, host: { attribute: false } };
  static override styles = [
    shared,
    css`
      dl {
        display: flex;
        flex-wrap: wrap;
        gap: 2px 20px;
        margin-bottom: 6px;
      }
      dl > div {
        display: flex;
        gap: 6px;
        align-items: baseline;
      }
      dt {
        color: var(--muted);
      }
      li {
        padding: 2px 0 2px 10px;
        border-left: 2px solid var(--line-strong);
      }
      .fault-in {
        color: var(--muted);
        border-left-style: dashed;
      }
      .bad {
        color: var(--series-retries);
      }
    `,
  ];

  declare retry: RetryView | null;
  declare host: HostView | undefined;

  constructor() {
    super();
    this.retry = null;
    this.host = undefined;
  }

  override render() {
    const { retry, host } = this;
    if (retry === null) return nothing;
    const find = findCommand(retry.file, host);
    return html`<div data-testid="retry-details"><dl>
        <div><dt>call</dt><dd class="mono">${retry.op}() ${retry.direct ? 'direct' : 'buffered'}</dd></div>
        <div><dt>range</dt><dd>${bytesText(retry.lengthBytes)} at ${retry.positionBytes}</dd></div>
        <div><dt>took</dt><dd>${durationText(retry.tookNs)}, of it ${durationText(retry.lostNs)} lost</dd></div>
        ${
          find === ''
            ? nothing
            : html`<div><dt>path</dt><dd><code class="mono">${find}</code> <copy-button .text=${find}></copy-button></dd></div>`
        }
      </dl>
      <ol>
        ${retry.attempts.map((attempt, index) => this.#attempt(attempt, index))}
      </ol></div>`;
  }

  #attempt(attempt: AttemptView, index: number): TemplateResult {
    const { retry } = this;
    const sinceStart = attempt.endedNs - (retry?.startedNs ?? attempt.endedNs);
    return html`${attempt.faultIns.map((each) => this.#faultIn(each))}
      <li data-testid="attempt">
        attempt ${index + 1}: <span class="mono">${attempt.via}</span> under <span class="mono">${modeText(attempt)}</span> gave
        <span class="mono ${attempt.result < 0 ? 'bad' : ''}">${returnText(attempt.result)}</span>
        <span class="hint">after ${durationText(sinceStart)}</span>
      </li>`;
  }

  #faultIn(faultIn: FaultInView): TemplateResult {
    const { direction, address, lengthBytes, leftBytes, tookNs, faults, mkwrites, mappings } = faultIn;
    const left =
      leftBytes === null
        ? 'its return was not seen'
        : leftBytes === 0
          ? 'all of it'
          : `${bytesText(leftBytes)} left out`;
    const files = mappings.map((file) => fileText(file, this.host)).join(', ');
    return html`<li class="fault-in">
      fault-in ${direction} of ${bytesText(lengthBytes)} at <span class="mono">${addressText(address)}</span>: ${left}, in
      ${durationText(tookNs)}, ${plural(faults, 'gfs2_fault call')}, ${plural(mkwrites, 'gfs2_page_mkwrite call')}${
        files === '' ? nothing : html`, mapping of ${files}`
      }
    </li>`;
  }
}
customElements.define('retry-details', RetryDetails);

declare global {
  interface HTMLElementTagNameMap {
    'retry-details': RetryDetails;
  }
}
