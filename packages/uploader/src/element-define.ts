/** Importing this defines `<sluice-uploader>`. */
import { defineSluiceUploader } from './element/sluice-uploader.js';

defineSluiceUploader();
