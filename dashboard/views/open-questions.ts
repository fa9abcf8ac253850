/** The two questions that the fault series left open, with what this session has counted towards an answer. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import type { HostView, OpenQuestions } from '../../agent/wire/view.ts';
import { countText } from '../format.ts';
import { shared } from '../style.ts';

export class OpenQuestionsPanel extends LitElement {
  static override properties = { hosts: { attribute: false } };
  static override styles = [
    shared,
    css`
      .panel > div {
        padding: 9px 12px;
        display: grid;
        gap: 12px;
      }
      h3 {
        font-size: 1rem;
        font-weight: 600;
      }
      dl {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(88px, 1fr));
        gap: 6px 12px;
        margin-top: 5px;
      }
      dl > div {
        display: flex;
        flex-direction: column-reverse;
      }
      dt {
        color: var(--muted);
        font-size: 0.92em;
      }
      dd {
        font-size: 1.3rem;
        line-height: 1.2;
        font-variant-numeric: tabular-nums;
      }
    `,
  ];

  declare hosts: ReadonlyMap<string, HostView>;

  constructor() {
    super();
    this.hosts = new Map();
  }

  override render() {
    const sum = (key: keyof OpenQuestions): number =>
      [...this.hosts.values()].reduce((total, host) => total + host.questions[key], 0);
    const counts = (entries: readonly (readonly [name: string, key: keyof OpenQuestions])[]): TemplateResult =>
      html`<dl>${entries.map(
        ([name, key]) => html`<div><dt>${name}</dt><dd data-testid=${key}>${countText(sum(key))}</dd></div>`,
      )}</dl>`;
    return html`<section class="panel" aria-labelledby="title">
      <header><h2 id="title">Open questions</h2></header>
      <div>
        <div data-testid="question-sigbus">
          <h3>Who meets VM_FAULT_SIGBUS?</h3>
          <p class="hint">A fault that fails this way should raise a signal in user mode, but give -EFAULT to a copy in the kernel.</p>
          ${counts([
            ['in user mode', 'sigbusUser'],
            ['in the kernel', 'sigbusKernel'],
          ])}
        </div>
        <div data-testid="question-mkwrite">
          <h3>Is page_mkwrite entered inside read or write?</h3>
          <p class="hint">It takes the inode glock exclusively: harmless after the call has let go of its own, a deadlock before.</p>
          ${counts([
            ['in read', 'mkwriteInRead'],
            ['in write', 'mkwriteInWrite'],
            ['under a glock', 'mkwriteInIoUnderGlock'],
          ])}
        </div>
      </div>
    </section>`;
  }
}
customElements.define('open-questions', OpenQuestionsPanel);

declare global {
  interface HTMLElementTagNameMap {
    'open-questions': OpenQuestionsPanel;
  }
}
