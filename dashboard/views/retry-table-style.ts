/** The retry table's looks: one row a retry where there is room, two where the attempts need a line, a card where narrow. */
import { css } from 'lit';

export const retryTableStyle = css`
  .scroll {
    flex: 1 1 0;
    min-height: var(--region);
    container-type: inline-size;
  }
  .grid {
    display: grid;
    grid-template-columns: auto minmax(9em, 0.8fr) minmax(11em, 1fr) minmax(26em, 2.4fr) auto auto auto;
    column-gap: 14px;
  }
  [role='row'] {
    display: grid;
    grid-column: 1 / -1;
    grid-template-columns: subgrid;
    align-items: start;
    padding: 4px 12px;
    border-bottom: 1px solid var(--line);
  }
  [role='row'].head {
    position: sticky;
    top: 0;
    z-index: 1;
    background: var(--panel);
    color: var(--muted);
    font-size: 0.92em;
    border-bottom-color: var(--line-strong);
  }
  [role='row'].body {
    cursor: pointer;
  }
  [role='row'].body:hover {
    background: var(--raised);
  }
  [role='row'].open {
    background: var(--raised);
    border-bottom-color: transparent;
  }
  [role='cell'],
  [role='columnheader'] {
    min-width: 0;
    overflow-wrap: anywhere;
  }
  .time {
    display: flex;
    gap: 4px;
  }
  .time button {
    border: 0;
    background: none;
    padding: 0;
    min-height: 1.45em;
    font-family: var(--mono);
    font-size: 0.93em;
    font-variant-numeric: tabular-nums;
  }
  .time .icon {
    transition: transform 0.12s;
    color: var(--muted);
  }
  .open .time .icon {
    transform: rotate(90deg);
  }
  .right {
    text-align: right;
    white-space: nowrap;
    font-variant-numeric: tabular-nums;
  }
  .steps {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    gap: 1px 5px;
  }
  .step {
    font-family: var(--mono);
    font-size: 0.93em;
    white-space: nowrap;
  }
  .step b {
    font-weight: 600;
  }
  .bad {
    color: var(--series-retries);
  }
  .fault-in {
    font-family: inherit;
    font-size: 0.93em;
    color: var(--muted);
    white-space: normal;
  }
  .arrow {
    color: var(--muted);
  }
  .details {
    grid-column: 1 / -1;
    padding: 2px 12px 10px 32px;
    background: var(--raised);
    border-bottom: 1px solid var(--line);
    min-width: 0;
  }
  .details > div {
    grid-column: 1 / -1;
  }
  .rest {
    padding: 8px;
    text-align: center;
  }
  .same {
    color: var(--critical);
    font-weight: 600;
  }
  @container (max-width: 1099px) {
    .grid {
      grid-template-columns: auto auto minmax(14em, 1fr) auto auto auto;
    }
    [role='columnheader'].attempts {
      display: none;
    }
    [role='cell'].attempts {
      grid-column: 1 / -1;
      order: 1;
      padding-left: 1.6em;
    }
  }
  @container (max-width: 640px) {
    .grid {
      grid-template-columns: minmax(0, 1fr) auto;
    }
    [role='row'] {
      gap: 1px 12px;
    }
    [role='row'].head {
      display: none;
    }
    [role='cell'].attempts {
      padding-left: 0;
    }
    .mapping,
    .task {
      text-align: right;
    }
    .lost {
      order: 2;
      text-align: left;
    }
    .lost::before {
      content: 'lost ';
      color: var(--muted);
    }
    .result {
      order: 3;
    }
    .result::before {
      content: 'returned ';
      color: var(--muted);
    }
    .details {
      padding-left: 12px;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .time .icon {
      transition: none;
    }
  }
`;
