import { readJsonObject } from '../../core/read-error.js';
import type { HttpStack } from '../../ports.js';

/** Reads the ImageURL off the answer of CreateUploadImage: the modern API has no place for it. */
export function hearingImageUrl(http: HttpStack, heard: (url: string) => void): HttpStack {
  return {
    async send(request) {
      const response = await http.send(request);
      if (typeof request.body === 'string' && request.body.includes('Action=CreateUploadImage')) {
        const url = readJsonObject(response.body)?.ImageURL;
        if (typeof url === 'string') heard(url);
      }
      return response;
    },
    close: () => http.close?.(),
  };
}
