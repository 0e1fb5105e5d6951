/** For pages that load a script instead of importing a module: `window.AliyunUpload`, where the official SDK puts it. */
import { AliyunUpload } from '../aliyun-upload.js';

(globalThis as { AliyunUpload?: typeof AliyunUpload }).AliyunUpload = AliyunUpload;
