import type { Answer } from '../answer.js';
import { requireStillPublic } from '../authorise-call.js';
import type { DataPlane } from '../data-plane.js';
import { objectHeaders, validators } from '../object-headers.js';
import type { ObjectCall } from '../operation.js';
import { OssError } from '../oss-error.js';
import { checkPreconditions, rangeStillHolds } from '../preconditions.js';
import { selectRange } from '../range.js';
import { openObject, streamObject } from '../read-object.js';
import { responseOverrides } from '../response-overrides.js';

/** Reference: oss 1.2. */
export async function getObject(plane: DataPlane, call: ObjectCall): Promise<Answer> {
  const { query, headers, name } = call;
  const overrides = responseOverrides(query, call.anonymous);
  const open = await openObject(plane, name);
  try {
    const { object } = open;
    requireStillPublic(call, object);
    if (checkPreconditions(headers, object) === 'not-modified') {
      open.release();
      return { status: 304, headers: validators(object) };
    }
    const standard = headers.get('x-oss-range-behavior') === 'standard';
    const asked = rangeStillHolds(headers, object) ? headers.get('range') : undefined;
    const range = selectRange(asked, object.size, standard);
    if (range === 'unsatisfiable') {
      throw new OssError('InvalidRange', {
        headers: { 'content-range': `bytes */${object.size}` },
        extra: [
          ['ActualObjectSize', String(object.size)],
          ['RangeRequested', asked ?? ''],
        ],
      });
    }
    const whole = range === 'whole';
    const bytes = whole ? { start: 0, end: object.size - 1 } : range;
    return {
      status: whole ? 200 : 206,
      headers: {
        ...objectHeaders(object, overrides),
        ...(whole ? {} : { 'content-range': `bytes ${bytes.start}-${bytes.end}/${object.size}` }),
      },
      body: await streamObject(plane.engine, open, bytes, plane.limits.idleMs),
    };
  } catch (error) {
    open.release();
    throw error;
  }
}
