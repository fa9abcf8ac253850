/**
 * Where gfs2 keeps the fields that the probes read, for kernels whose modules have no BTF (before 5.11, or built
 * without CONFIG_DEBUG_INFO_BTF_MODULES). Bytes. fs/gfs2/incore.h: struct gfs2_holder and gfs2_glock were the same from
 * 5.10 to 7.2 in Debian's builds (no PREEMPT_RT, no lock debugging). Whoever uses it checks what it reads.
 */
export const knownGfs2Layout: ReadonlyMap<string, number> = new Map([
  ['gfs2_holder.gh_gl', 16],
  ['gfs2_holder.gh_flags', 32],
  ['gfs2_holder.gh_state', 34],
  ['gfs2_holder.gh_ip', 48],
  ['gfs2_glock.gl_name.ln_number', 8],
  ['gfs2_glock.gl_name.ln_sbd', 16],
  ['gfs2_glock.gl_name.ln_type', 24],
  ['gfs2_sbd.sd_vfs', 0],
]);
