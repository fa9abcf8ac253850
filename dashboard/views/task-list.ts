/** Tasks and their live holder stacks, a card each; a card stays a while after its task became idle. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { HostView } from '../../agent/wire/view.ts';
import { type HostClock, hostNow } from '../clock.ts';
import { ageText, countText, plural } from '../format.ts';
import { type Card, type Roster, shownCards, waits } from '../roster.ts';
import { shared } from '../style.ts';
import { isWatched } from '../verdict.ts';
import './lock-stack.ts';

const fewCards = 24;
const refreshMs = 100;
/** What a card needs: a head, and a row a frame; a wrapped row needs more and takes it. */
const cardHeadPx = 46;
const frameHeightPx = 44;
const mostReservedFrames = 8;
// Classes, since the CSP allows no style attribute.
const rooms = Array.from(
  { length: mostReservedFrames + 1 },
  (_, frames) => css`
    .room-${frames} {
      min-height: ${cardHeadPx + frames * frameHeightPx}px;
    }
  `,
);

export class TaskList extends LitElement {
  static override properties = {
    roster: { attribute: false },
    hosts: { attribute: false },
    clocks: { attribute: false },
    all: { state: true },
  };
  static override styles = [
    shared,
    ...rooms,
    css`
      .scroll {
        height: var(--region);
        padding: 10px;
      }
      .cards {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 340px), 1fr));
        gap: 10px;
        align-items: start;
      }
      article {
        padding: 7px 8px 8px;
        border: 1px solid var(--line);
        border-radius: var(--radius);
      }
      article.waits {
        border-color: var(--warning);
      }
      article > header {
        display: flex;
        align-items: baseline;
        gap: 4px 8px;
        flex-wrap: wrap;
        margin-bottom: 6px;
      }
      h3 {
        font-size: 1rem;
        font-weight: 600;
      }
      .state {
        color: var(--muted);
        font-variant-numeric: tabular-nums;
      }
      .waits .state {
        color: var(--warning);
        font-weight: 600;
      }
      lock-stack {
        transition: opacity 0.25s;
      }
      .idle lock-stack,
      .idle h3 {
        opacity: 0.6;
      }
      .more {
        margin-top: 10px;
        text-align: center;
      }
      @media (prefers-reduced-motion: reduce) {
        lock-stack {
          transition: none;
        }
      }
    `,
  ];

  declare roster: Roster;
  declare hosts: ReadonlyMap<string, HostView>;
  declare clocks: ReadonlyMap<string, HostClock>;
  declare all: boolean;
  #refresh: ReturnType<typeof setInterval> | undefined;
  #drawnAtMs = 0;

  constructor() {
    super();
    this.roster = [];
    this.hosts = new Map();
    this.clocks = new Map();
    this.all = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#refresh = setInterval(() => {
      // Updates of a live host come as often and draw the ages anew anyway.
      if (this.roster.length > 0 && performance.now() - this.#drawnAtMs > refreshMs) this.requestUpdate();
    }, refreshMs);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#refresh);
  }

  override updated(): void {
    this.#drawnAtMs = performance.now();
  }

  override render() {
    const busy = this.roster.filter((card) => card.idleSinceMs === null);
    const waiting = this.roster.filter(waits).length;
    const shown = this.all ? this.roster : shownCards(this.roster, fewCards);
    const hidden = this.roster.length - shown.length;
    return html`<section class="panel" aria-labelledby="title">
      <header>
        <h2 id="title">Tasks inside GFS2</h2>
        <span class="hint">what each holds and waits for, outermost first</span>
        <span class="spring"></span>
        <span class="hint number" data-testid="task-count">${countText(busy.length)} active, ${countText(waiting)} waiting</span>
      </header>
      <div class="scroll" tabindex="0" role="group" aria-label="Tasks">
        ${
          this.roster.length === 0
            ? html`<div class="empty"><strong>No task is inside GFS2 right now</strong>${
                isWatched(this.hosts)
                  ? 'This is normal between calls: a glock is held for micro- to milliseconds.'
                  : 'Nothing is watched yet: see Hosts.'
              }</div>`
            : html`<div class="cards">${repeat(
                shown,
                (card) => card.key,
                (card) => this.#card(card),
              )}</div>`
        }
        ${
          hidden > 0 || this.all
            ? html`<div class="more"><button type="button" aria-expanded=${this.all} @click=${this.#toggleAll}>${
                this.all ? 'Show fewer' : `+${countText(hidden)} more`
              }</button></div>`
            : nothing
        }
      </div>
    </section>`;
  }

  #card(card: Card): TemplateResult {
    const { task, idleSinceMs } = card;
    const host = this.hosts.get(task.node);
    const idle = idleSinceMs !== null;
    const nowNs = idle ? task.lastNs : hostNow(host, this.clocks.get(task.node), performance.now());
    const waiting = waits(card);
    return html`<article
      class="room-${Math.min(card.deepest, mostReservedFrames)} ${idle ? 'idle' : ''} ${waiting ? 'waits' : ''}"
      data-testid="task"
      data-node=${task.node}
      data-tid=${task.tid}
      data-state=${idle ? 'idle' : waiting ? 'waiting' : 'active'}
    >
      <header>
        <h3 class="mono">${task.comm || '?'}</h3>
        <span class="hint mono" title="Thread id; the process is ${task.tgid}">${task.tid}${
          task.tgid === 0 || task.tgid === task.tid ? '' : ` of ${task.tgid}`
        }</span>
        <span class="hint">${task.node}</span>
        ${
          task.unsure
            ? html`<span class="badge unsure" title="Records were lost while this stack was built: it may lack a row or show one that is gone">unsure</span>`
            : nothing
        }
        <span class="spring"></span>
        <span class="state">${idle ? 'was' : waiting ? `waiting ${ageText(longestWait(card, nowNs))}` : heldText(card)}</span>
      </header>
      <lock-stack .frames=${task.frames} .host=${host} .nowNs=${nowNs} ?live=${!idle}></lock-stack>
    </article>`;
  }

  #toggleAll = (): void => {
    this.all = !this.all;
  };
}
customElements.define('task-list', TaskList);

function heldText({ task }: Card): string {
  const held = task.frames.filter((frame) => frame.kind === 'holder' && frame.phase === 'granted').length;
  return held === 0 ? 'no glock' : plural(held, 'glock');
}

const longestWait = ({ task }: Card, nowNs: number): number =>
  task.frames.reduce(
    (longest, frame) =>
      frame.kind === 'holder' && frame.phase === 'waiting' ? Math.max(longest, nowNs - frame.sinceNs) : longest,
    0,
  );

declare global {
  interface HTMLElementTagNameMap {
    'task-list': TaskList;
  }
}
