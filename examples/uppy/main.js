import { SluiceUpload } from '@sluice/uploader/uppy';
import Uppy from '@uppy/core';
import { fetchToken } from './token.js';

const uppy = new Uppy({ autoProceed: true, restrictions: { allowedFileTypes: ['video/*', 'audio/*', 'image/*'] } });
uppy.use(SluiceUpload, { endpoint: process.env.SLUICE_ENDPOINT, credentials: fetchToken });

document.querySelector('#app').innerHTML = `
  <label>Videos <input type="file" multiple></label>
  <button id="pause">Pause or resume all</button>
  <progress max="100" value="0" aria-label="Overall progress"></progress>
  <ul></ul>`;

const input = document.querySelector('input');
input.addEventListener('change', () => {
  for (const file of input.files) uppy.addFile({ name: file.name, type: file.type, data: file });
  input.value = '';
});

let paused = false;
document.querySelector('#pause').addEventListener('click', () => {
  paused = !paused;
  if (paused) uppy.pauseAll();
  else uppy.resumeAll();
});

uppy.on('progress', (percent) => {
  document.querySelector('progress').value = percent;
});
const line = (file, text) => {
  const item = document.createElement('li');
  item.textContent = `${file.name}: ${text}`;
  document.querySelector('ul').append(item);
};
uppy.on('upload-success', (file, { body }) => line(file, body.videoId ?? body.imageId));
uppy.on('upload-error', (file, error) => line(file, error.message));
