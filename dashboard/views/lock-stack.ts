/** A task's stack as rows, outermost first: the I/O call, the glocks it holds and wants, the faults between. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Nanos } from '../../agent/wire/units.ts';
import type { Frame, HostView } from '../../agent/wire/view.ts';
import { ageText, durationText, findCommand } from '../format.ts';
import { icon } from '../icon.ts';
import { frameText, lastsText } from '../stack-text.ts';
import { shared } from '../style.ts';

/** Deeper frames are not moved further in: a narrow card must still show them. */
const deepestStep = 4;

export class LockStack extends LitElement {
  static override properties = {
    frames: { attribute: false },
    host: { attribute: false },
    nowNs: { attribute: false },
    live: { type: Boolean },
    contested: { attribute: false },
  };
  static override styles = [
    shared,
    css`
      ol {
        display: grid;
        gap: 3px;
      }
      li {
        --tone: var(--line-strong);
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        gap: 0 8px;
        padding: 2px 8px;
        border-left: 3px solid var(--tone);
        border-radius: 0 5px 5px 0;
        background: var(--raised);
        line-height: 1.4;
      }
      .step-1 {
        margin-left: 6px;
      }
      .step-2 {
        margin-left: 12px;
      }
      .step-3 {
        margin-left: 18px;
      }
      .step-4 {
        margin-left: 24px;
      }
      .io {
        --tone: var(--muted);
      }
      .EX {
        --tone: var(--mode-EX);
      }
      .SH {
        --tone: var(--mode-SH);
      }
      .DF {
        --tone: var(--mode-DF);
      }
      .fault,
      .fault-in {
        --tone: var(--series-faults);
        border-left-style: dashed;
      }
      .waiting {
        background: var(--warning-ground);
        outline: 1px solid var(--warning);
      }
      .contested {
        background: var(--fatal-ground);
        outline: 1px solid var(--fatal);
      }
      .main,
      .more {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        gap: 0 7px;
        min-width: 0;
        overflow-wrap: anywhere;
      }
      .mono {
        font-size: 0.9em;
      }
      .what {
        font-weight: 600;
        white-space: nowrap;
      }
      .waiting .what,
      .waiting .age {
        color: var(--warning);
        font-weight: 700;
      }
      .mode {
        color: var(--tone);
      }
      .more {
        grid-column: 1 / -1;
        color: var(--muted);
        font-size: 0.92em;
        gap: 0 10px;
      }
      .age {
        min-width: 4.3em;
        text-align: right;
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
      }
      .flags {
        color: var(--muted);
      }
      .same {
        color: var(--fatal);
        font-weight: 600;
      }
    `,
  ];

  declare frames: readonly Frame[];
  declare host: HostView | undefined;
  /** The moment that is shown, on the host's clock. */
  declare nowNs: Nanos | number;
  /** The ages grow while they are read; those of a moment gone by are given exactly. */
  declare live: boolean;
  /** A glock to mark: the one that a finding is about. */
  declare contested: string | null;

  constructor() {
    super();
    this.frames = [];
    this.host = undefined;
    this.nowNs = 0;
    this.live = false;
    this.contested = null;
  }

  override render() {
    return html`<ol aria-label="Stack, outermost first">
      ${this.frames.map((frame, depth) => this.#row(frame, depth))}
    </ol>`;
  }

  #row(frame: Frame, depth: number): TemplateResult {
    const { what, main, more, lastsNs } = frameText(frame, this.host, this.nowNs);
    const holder = frame.kind === 'holder' ? frame : null;
    const waiting = holder?.phase === 'waiting';
    const contested = holder !== null && holder.glock === this.contested;
    const classes = [
      `step-${Math.min(depth, deepestStep)}`,
      frame.kind,
      ...(holder === null ? [] : [holder.mode]),
      ...(contested ? ['contested'] : waiting ? ['waiting'] : []),
    ];
    return html`<li
      class=${classes.join(' ')}
      data-testid="frame"
      data-kind=${frame.kind}
      data-phase=${holder?.phase ?? nothing}
      title=${tooltip(frame, this.host) || nothing}
    >
      <div class="main">
        <span class="what ${holder === null ? 'mono' : ''}">${waiting ? icon('clock') : nothing} ${what}</span>
        ${holder === null ? nothing : html`<span class="badge mode" title=${modeTitle(holder.mode)}>${holder.mode}</span>`}
        <span class="mono">${main}</span>
        ${
          holder === null || holder.flags === ''
            ? nothing
            : html`<span class="flags mono" title="Holder flags, lettered as in debugfs">f:${holder.flags}</span>`
        }
        ${contested ? html`<span class="same">same glock</span>` : nothing}
      </div>
      <span class="age">${this.live ? ageText(lastsNs) : lastsText(lastsNs)}</span>
      ${more.length === 0 ? nothing : html`<div class="more">${more.map((each) => html`<span>${each}</span>`)}</div>`}
    </li>`;
  }
}
customElements.define('lock-stack', LockStack);

const modeTitles: Readonly<Record<string, string>> = {
  EX: 'Exclusive: nobody else may hold it',
  SH: 'Shared: others may hold it shared',
  DF: 'Deferred: shared by direct I/O, not with SH',
  UN: 'Unlocked',
};
const modeTitle = (mode: string): string => modeTitles[mode] ?? mode;

function tooltip(frame: Frame, host: HostView | undefined): string {
  switch (frame.kind) {
    case 'io':
    case 'fault':
      return findCommand(frame.file, host);
    case 'holder': {
      const wait = frame.grantedNs === null ? '' : `, granted after ${durationText(frame.grantedNs - frame.sinceNs)}`;
      return `holder 0x${frame.holder} of ${frame.glock}${wait}`;
    }
    case 'fault-in':
      return '';
    default:
      return frame satisfies never;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lock-stack': LockStack;
  }
}
