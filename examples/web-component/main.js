import '@sluice/uploader/element/define';
import { fetchToken } from './token.js';

const element = document.querySelector('sluice-uploader');
element.setAttribute('endpoint', process.env.SLUICE_ENDPOINT);
element.credentials = fetchToken;

const ids = [];
element.addEventListener('sluice-success', ({ detail: { result } }) => {
  ids.push(result.videoId ?? result.imageId);
  document.querySelector('#uploaded').value = ids.join(', ');
});
