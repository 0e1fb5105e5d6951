import { useUploader, useUploads } from '@sluice/uploader/react';
import { memo } from 'react';
import { fetchToken } from './token.js';

export function App() {
  const uploader = useUploader({ endpoint: process.env.SLUICE_ENDPOINT, credentials: fetchToken });
  const { items, totals, list } = useUploads(uploader, { accept: 'video/*,audio/*,image/*' });
  return (
    <>
      <label>
        Videos{' '}
        <input
          type="file"
          multiple
          onChange={({ target }) => {
            list.add(target.files);
            target.value = '';
          }}
        />
      </label>
      <p role="status">
        {totals.count.success} of {totals.items} uploaded, {Math.floor(totals.fraction * 100)} %
      </p>
      <ul>
        {items.map((item) => (
          <Upload key={item.id} item={item} list={list} />
        ))}
      </ul>
    </>
  );
}

/** An item that did not change is the same object: its row is not drawn again. */
const Upload = memo(function Upload({ item, list }) {
  const { id, fileName, state, progress, error, result } = item;
  return (
    <li data-state={state} data-media-id={result?.videoId ?? result?.imageId}>
      {fileName} <progress max="1" value={progress.fraction} aria-label={`Progress of ${fileName}`} />{' '}
      {error ? error.message : state}{' '}
      {state === 'uploading' && (
        <button type="button" onClick={() => list.pause(id)}>
          Pause
        </button>
      )}
      {state === 'paused' && (
        <button type="button" onClick={() => list.resume(id)}>
          Resume
        </button>
      )}
      {state === 'failed' && (
        <button type="button" onClick={() => list.retry(id)}>
          Retry
        </button>
      )}
      <button type="button" onClick={() => list.remove(id)}>
        Remove
      </button>
    </li>
  );
});
