import { codeOf } from '../core/upload-error.js';
import { callVod } from '../core/vod-call.js';
import type { Check } from './check.js';
import { known, PROBE_TITLE } from './check-context.js';
import { ok, skipped } from './finding.js';
import { detailOf } from './refusals.js';

/** Deletes the media of the dry run where that is allowed, and says so honestly where it is not. */
export const cleanupCheck: Check = {
  id: 'cleanup',
  title: 'Clean up',
  needs: [],
  async run({ facts, line, signal }) {
    const { videoId, credentials } = facts;
    if (videoId === undefined) return skipped('Nothing was made.');
    if (!credentials) {
      return ok(
        `An empty media titled ${PROBE_TITLE} (${videoId}) remains, since only your back end may delete it: delete it there, each check makes one.`,
        { videoId },
      );
    }
    try {
      await callVod(line, known(facts.endpoint), credentials, 'DeleteVideo', { VideoIds: videoId }, signal);
      delete facts.videoId;
      return ok('The media of the dry run was deleted again.', { videoId });
    } catch (error) {
      if (codeOf(error) === 'Canceled') throw error;
      return ok(
        `An empty media titled ${PROBE_TITLE} (${videoId}) remains, since the token may not delete media, and rightly so: the next check uses it again.`,
        { ...detailOf(error), videoId },
      );
    }
  },
};
