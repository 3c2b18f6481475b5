/** Which documents of a replication the other side does not have as they are here. */

import { getAssumedMasterState, getChangedDocumentsSince, writeDocToDocState } from "rxdb/plugins/core";
import type { RxReplicationState } from "rxdb/plugins/replication";

/** Most documents that are looked at. */
const LOOKED_AT_MAX = 1_000;

/** Their ids, by the same comparison by which RxDB decides what to push. */
export async function unsent<T>(replication: RxReplicationState<T, unknown>): Promise<string[]> {
  const state = replication.internalReplicationState;
  if (state === undefined || replication.isStopped()) return [];
  const since: unknown = state.lastCheckpointDoc.up?.checkpointData;
  const { documents } = await getChangedDocumentsSince<T, unknown>(state.input.forkInstance, LOOKED_AT_MAX, since);
  const idOf = (document: object): string => String(document[state.primaryPath as keyof object]);
  const known = await getAssumedMasterState(state, documents.map(idOf));
  return documents
    .filter((document) => {
      const before = known[idOf(document)]?.docData;
      const now = writeDocToDocState(document, false, false);
      return before === undefined || !state.input.conflictHandler.isEqual(before, now, "unsent");
    })
    .map(idOf);
}
