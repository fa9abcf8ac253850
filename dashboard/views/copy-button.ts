/** A button that copies a text, and says that it did. */
import { css, html, LitElement, nothing } from 'lit';
import { icon } from '../icon.ts';
import { shared } from '../style.ts';

const saidForMs = 1600;

export class CopyButton extends LitElement {
  static override properties = { text: {}, label: {}, outcome: { state: true } };
  static override styles = [
    shared,
    css`
      :host {
        display: inline-block;
      }
      button > span {
        display: inline-grid;
      }
      button > span > * {
        grid-area: 1 / 1;
      }
      i {
        visibility: hidden;
        font-style: normal;
      }
    `,
  ];

  declare text: string;
  declare label: string;
  declare outcome: 'none' | 'copied' | 'failed';

  constructor() {
    super();
    this.text = '';
    this.label = 'Copy';
    this.outcome = 'none';
  }

  override render() {
    const said = { none: this.label, copied: 'Copied', failed: 'Select and copy' };
    // Both texts take their room, so that the button never changes its size.
    return html`<button type="button" @click=${this.#copy} title=${this.outcome === 'none' ? this.text : nothing}>
      ${icon(this.outcome === 'copied' ? 'check' : 'copy')}<span
        ><i aria-hidden="true">${this.label}</i><i aria-hidden="true">Copied</i><span>${said[this.outcome]}</span></span
      >
    </button>`;
  }

  #copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(this.text);
      this.outcome = 'copied';
    } catch {
      // The browser forbids it, in a frame or without focus: the text is on the page to be selected.
      this.outcome = 'failed';
    }
    setTimeout(() => {
      this.outcome = 'none';
    }, saidForMs);
  };
}
customElements.define('copy-button', CopyButton);

declare global {
  interface HTMLElementTagNameMap {
    'copy-button': CopyButton;
  }
}
