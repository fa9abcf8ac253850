/**
 * Counts for the two questions that the 2021 series left open: is page_mkwrite ever entered inside read_iter or
 * write_iter, and does VM_FAULT_SIGBUS come back for a fault that the kernel itself made? Pure.
 */
import { faultFlag, vmFault } from '../../probes/kernel.ts';
import type { Change } from '../model/change.ts';
import { innermost } from '../model/frames.ts';
import { holdsInodeGlock } from '../model/model.ts';
import type { OpenQuestions } from '../wire/view.ts';

export class Questions {
  #mkwriteInRead = 0;
  #mkwriteInWrite = 0;
  #mkwriteInIoUnderGlock = 0;
  #sigbusUser = 0;
  #sigbusKernel = 0;

  follow(change: Change): void {
    if (change.kind === 'fault-entered' && change.fault.handler === 'gfs2_page_mkwrite') {
      const call = innermost(change.task, 'io');
      if (call === null) return;
      if (holdsInodeGlock(change.task)) this.#mkwriteInIoUnderGlock++;
      else if (call.op === 'read') this.#mkwriteInRead++;
      else this.#mkwriteInWrite++;
    }
    if (change.kind === 'fault-left' && change.result & vmFault.sigbus) {
      if (change.fault.flags & faultFlag.user) this.#sigbusUser++;
      else this.#sigbusKernel++;
    }
  }

  get view(): OpenQuestions {
    return {
      mkwriteInRead: this.#mkwriteInRead,
      mkwriteInWrite: this.#mkwriteInWrite,
      mkwriteInIoUnderGlock: this.#mkwriteInIoUnderGlock,
      sigbusUser: this.#sigbusUser,
      sigbusKernel: this.#sigbusKernel,
    };
  }
}
