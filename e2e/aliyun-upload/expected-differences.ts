/**
 * Where `AliyunUpload.Vod` differs from the real SDK, and why: a defect that is not copied, as a rule. The test fails
 * when a difference is missing here, and when one that is listed here is gone. In plain words: docs/sdk/aliyun-upload.md.
 */
import type { Hunk } from './trace-difference.js';

export type ExpectedDifference =
  | { readonly why: string; readonly hunks: readonly Hunk[] }
  /** What the real SDK does differs from run to run: only these lines are sure, in this order. Ours is complete. */
  | { readonly why: string; readonly steady: readonly string[]; readonly ours: readonly string[] };

export const EXPECTED: Readonly<Record<string, ExpectedDifference>> = {
  'an empty file': {
    why: 'The official SDK tells EmptyFile and then uploads the file all the same.',
    hunks: [
      {
        real: [
          'onUploadFailed a.mp4 -/Init video=no at=--- code=EmptyFile message=yes',
          'addFileSuccess a.mp4 Ready/Init video=no at=---',
          'addFile → taken',
          'onUploadstarted a.mp4 Ready video=no at=---, then Ready/Start',
          'onUploadProgress a.mp4 Uploading/Start sound',
          'onUploadSucceed a.mp4 Success/Start video=yes at=sss loaded=1',
          'onUploadEnd End',
          'list End: a.mp4=Success',
          'stored a.mp4: whole',
          'videos created 1, images created 0',
          'uploads begun 0, single puts 1',
        ],
        ours: [
          'onUploadFailed a.mp4 Failure/Init video=no at=--- code=EmptyFile message=yes',
          'addFile → refused',
          'list End: empty',
          'videos created 0, images created 0',
          'uploads begun 0, single puts 0',
        ],
      },
    ],
  },
  'startUpload right after addFile': {
    why: 'addFileSuccess comes a moment after addFile returned, as in the official 1.5.3 to 1.5.6: the file is read first.',
    hunks: [
      {
        real: ['addFileSuccess a.mp4 Ready/Init video=no at=---, then Ready/Start'],
        ours: ['addFileSuccess a.mp4 Ready/Start video=no at=---'],
      },
    ],
  },
  'what addFile answers, and when addFileSuccess comes': {
    why: 'addFileSuccess comes a moment after addFile returned, as in the official 1.5.3 to 1.5.6: the file is read first.',
    hunks: [
      { real: ['addFileSuccess a.mp4 Ready/Init video=no at=---'], ours: [] },
      { real: ['addFile of the same File → refused'], ours: [] },
      { real: [], ours: ['addFile of the same File → refused'] },
      { real: [], ours: ['addFileSuccess a.mp4 Ready/Init video=no at=---'] },
    ],
  },
  'a video whose name only sounds like an image': {
    why: 'The official SDK looks for png or jpg anywhere in the name and makes an image of a video.',
    hunks: [
      {
        real: [
          'addFileSuccess apng_talk.mp4 Ready/Init image video=no at=---',
          'onUploadstarted apng_talk.mp4 Ready image video=no at=---, then Ready/Start',
        ],
        ours: [
          'addFileSuccess apng_talk.mp4 Ready/Init video=no at=---',
          'onUploadstarted apng_talk.mp4 Ready video=no at=---, then Ready/Start',
        ],
      },
      {
        real: ['onUploadSucceed apng_talk.mp4 Success/Start image video=no at=sss loaded=1'],
        ours: ['onUploadSucceed apng_talk.mp4 Success/Start video=yes at=sss loaded=1'],
      },
      { real: ['videos created 0, images created 1'], ours: ['videos created 1, images created 0'] },
    ],
  },
  'which names are images': {
    why: 'The official SDK looks for png or jpg anywhere in the name, and knows no other image.',
    hunks: [
      {
        real: [
          'addFileSuccess c.gif Ready/Init video=no at=---',
          'addFileSuccess d.bmp Ready/Init video=no at=---',
          'addFileSuccess e.heic Ready/Init video=no at=---',
          'addFileSuccess f.webp Ready/Init video=no at=---',
          'addFileSuccess my-png-video.mp4 Ready/Init image video=no at=---',
        ],
        ours: [
          'addFileSuccess c.gif Ready/Init image video=no at=---',
          'addFileSuccess d.bmp Ready/Init image video=no at=---',
          'addFileSuccess e.heic Ready/Init image video=no at=---',
          'addFileSuccess f.webp Ready/Init image video=no at=---',
          'addFileSuccess my-png-video.mp4 Ready/Init video=no at=---',
        ],
      },
      {
        real: ['addFileSuccess nojpg Ready/Init image video=no at=---', 'a.JPEG b.png my-png-video.mp4 nojpg'],
        ours: ['addFileSuccess nojpg Ready/Init video=no at=---', 'a.JPEG b.png c.gif d.bmp e.heic f.webp'],
      },
    ],
  },
  'STS mode without paramData': {
    why: 'The official setSTSToken throws without paramData.',
    hunks: [
      {
        real: [
          'setSTSToken throws TypeError',
          'list Start: a.mp4=Ready',
          'videos created 0, images created 0',
          'uploads begun 0, single puts 0',
        ],
        ours: [
          'setSTSToken → taken',
          'onUploadProgress a.mp4 Uploading/Start sound',
          'onUploadSucceed a.mp4 Success/Start video=yes at=sss loaded=1',
          'onUploadEnd End',
          'list End: a.mp4=Success',
          'stored a.mp4: whole',
          'videos created 1, images created 0',
          'uploads begun 0, single puts 1',
        ],
      },
    ],
  },
  'stopUpload and startUpload again': {
    why: 'The official SDK sends again what the server stored while the page stopped.',
    hunks: [{ real: ['parts sent again: some'], ours: ['parts sent again: none'] }],
  },
  'stopUpload and startUpload again, credential mode': {
    why: 'The official SDK sends again what the server stored while the page stopped.',
    hunks: [{ real: ['parts sent again: some'], ours: ['parts sent again: none'] }],
  },
  'stopUpload while the page still fetches its token': {
    why: 'The official stopUpload throws while nothing is sent yet.',
    hunks: [
      {
        real: ['stopUpload throws TypeError'],
        ours: ['stopUpload → taken', 'onUploadCanceled a.mp4 Stoped/Stop video=no at=---'],
      },
    ],
  },
  'stopUpload of a small file': {
    why: 'The official stopUpload does not stop a file that goes in one piece: it succeeds afterwards.',
    hunks: [
      {
        real: [
          'onUploadProgress a.mp4 Stoped/Stop sound',
          'onUploadSucceed a.mp4 Success/Stop video=yes at=sss loaded=1',
          'list Stop: a.mp4=Success',
          'stored a.mp4: whole',
        ],
        ours: [
          'onUploadProgress a.mp4 Uploading/Start sound',
          'onUploadCanceled a.mp4 Stoped/Stop video=yes at=sss',
          'list Stop: a.mp4=Stoped',
        ],
      },
      { real: ['uploads begun 0, single puts 1'], ours: ['uploads begun 0, single puts 0'] },
    ],
  },
  'startUpload and nextUpload while one runs': {
    why: 'The official nextUpload begins a second file beside the first.',
    steady: ['onUploadstarted b.mp4 Ready video=no at=---, then Ready/Start', 'nextUpload → taken'],
    ours: [
      'addFileSuccess a.mp4 Ready/Init video=no at=---',
      'addFileSuccess b.mp4 Ready/Init video=no at=---',
      'onUploadstarted a.mp4 Ready video=no at=---, then Ready/Start',
      'onUploadProgress a.mp4 Uploading/Start sound',
      'startUpload → taken',
      'nextUpload → taken',
      'onUploadSucceed a.mp4 Success/Start video=yes at=sss loaded=1',
      'onUploadstarted b.mp4 Ready video=no at=---, then Ready/Start',
      'onUploadProgress b.mp4 Uploading/Start sound',
      'onUploadSucceed b.mp4 Success/Start video=yes at=sss loaded=1',
      'onUploadEnd End',
      'list End: a.mp4=Success b.mp4=Success',
      'stored a.mp4: whole',
      'stored b.mp4: whole',
      'videos created 2, images created 0',
      'uploads begun 1, single puts 1',
      'parts sent again: none',
    ],
  },
  'cancelFile of the running one, nothing waiting': {
    why: 'The official SDK goes on sending the canceled file, and begins others beside it; what it tells differs from run to run.',
    steady: ['onUploadEnd End', 'cancelFile → taken'],
    ours: [
      'addFileSuccess a.mp4 Ready/Init video=no at=---',
      'onUploadstarted a.mp4 Ready video=no at=---, then Ready/Start',
      'onUploadProgress a.mp4 Uploading/Start sound',
      'cancelFile → taken',
      'onUploadCanceled a.mp4 Canceled/Start video=yes at=sss, then Canceled/End',
      'onUploadEnd End',
      'list End: a.mp4=Canceled',
      'videos created 1, images created 0',
      'uploads begun 1, single puts 0',
      'parts sent again: none',
    ],
  },
  'cancelFile of the running one, two waiting': {
    why: 'The official SDK goes on sending the canceled file, and begins others beside it; what it tells differs from run to run.',
    steady: ['onUploadstarted b.mp4 Ready video=no at=---, then Ready/Start', 'cancelFile → taken'],
    ours: [
      'addFileSuccess a.mp4 Ready/Init video=no at=---',
      'addFileSuccess b.mp4 Ready/Init video=no at=---',
      'addFileSuccess c.mp4 Ready/Init video=no at=---',
      'onUploadstarted a.mp4 Ready video=no at=---, then Ready/Start',
      'onUploadProgress a.mp4 Uploading/Start sound',
      'cancelFile → taken',
      'onUploadCanceled a.mp4 Canceled/Start video=yes at=sss',
      'onUploadstarted b.mp4 Ready video=no at=---, then Ready/Start',
      'onUploadProgress b.mp4 Uploading/Start sound',
      'onUploadSucceed b.mp4 Success/Start video=yes at=sss loaded=1',
      'onUploadstarted c.mp4 Ready video=no at=---, then Ready/Start',
      'onUploadProgress c.mp4 Uploading/Start sound',
      'onUploadSucceed c.mp4 Success/Start video=yes at=sss loaded=1',
      'onUploadEnd End',
      'list End: a.mp4=Canceled b.mp4=Success c.mp4=Success',
      'stored b.mp4: whole',
      'stored c.mp4: whole',
      'videos created 3, images created 0',
      'uploads begun 2, single puts 1',
      'parts sent again: none',
    ],
  },
  'a canceled upload of several parts is resumed from its beginning': {
    why: 'The official SDK resumes into the upload it aborted, and fails without a word.',
    steady: ['onUploadEnd End', 'list Failure: a.mp4=Failure'],
    ours: [
      'addFileSuccess a.mp4 Ready/Init video=no at=---',
      'onUploadstarted a.mp4 Ready video=no at=---, then Ready/Start',
      'onUploadProgress a.mp4 Uploading/Start sound',
      'onUploadCanceled a.mp4 Canceled/Start video=yes at=sss, then Canceled/End',
      'onUploadEnd End',
      'onUploadstarted a.mp4 Ready video=yes at=sss, then Ready/Start',
      'onUploadProgress a.mp4 Uploading/Start sound',
      'onUploadSucceed a.mp4 Success/Start video=yes at=sss loaded=1',
      'onUploadEnd End',
      'list End: a.mp4=Success',
      'stored a.mp4: whole',
      'videos created 2, images created 0',
      'uploads begun 2, single puts 0',
      'parts sent again: none',
    ],
  },
  'deleteFile of the running one': {
    why: 'The official SDK goes on sending the canceled file, and begins others beside it; what it tells differs from run to run.',
    steady: ['onUploadEnd End', 'deleteFile → taken'],
    ours: [
      'addFileSuccess a.mp4 Ready/Init video=no at=---',
      'onUploadstarted a.mp4 Ready video=no at=---, then Ready/Start',
      'onUploadProgress a.mp4 Uploading/Start sound',
      'deleteFile → taken',
      'onUploadCanceled a.mp4 Canceled/Start video=yes at=sss, then Canceled/End',
      'onUploadEnd End',
      'list End: empty',
      'videos created 1, images created 0',
      'uploads begun 1, single puts 0',
      'parts sent again: none',
    ],
  },
  'clear of the done ones': {
    why: 'The official clear reads a list that does not exist, and throws.',
    hunks: [
      {
        real: ['clear throws TypeError', 'list End: a.mp4=Success'],
        ours: ['onClear End', 'clear → taken', 'list End: empty'],
      },
    ],
  },
  'STS token ends mid-way: resumeUploadWithSTSToken': {
    why: 'The official resumeUploadWithSTSToken refreshes a video named like the object.',
    hunks: [
      {
        real: [
          'onUploadFailed a.mp4 Failure/Failure video=yes at=sss code=InvalidVideo.NotFound message=yes',
          'list Failure: a.mp4=Failure',
        ],
        ours: [
          'onUploadProgress a.mp4 Uploading/Start sound',
          'onUploadSucceed a.mp4 Success/Start video=yes at=sss loaded=1',
          'onUploadEnd End',
          'list End: a.mp4=Success',
          'stored a.mp4: whole',
        ],
      },
    ],
  },
  'stopUpload while a credential is waited for': {
    why: 'The official stopUpload is ignored while a credential is waited for.',
    hunks: [
      {
        real: ['list Expire: a.mp4=Failure'],
        ours: ['onUploadCanceled a.mp4 Stoped/Stop video=yes at=sss', 'list Stop: a.mp4=Stoped'],
      },
    ],
  },
  'no onUploadTokenExpired at all': {
    why: 'The official SDK stands still when nobody listens to an expiry.',
    hunks: [
      {
        real: ['list Start: a.mp4=Uploading'],
        ours: [
          'onUploadFailed a.mp4 Failure/Failure video=yes at=sss code=SecurityTokenExpired message=yes',
          'list Failure: a.mp4=Failure',
        ],
      },
    ],
  },
  'one part is answered 500 once': {
    why: 'The official SDK gives a file up at the first 5xx.',
    hunks: [
      {
        real: [
          'onUploadFailed a.mp4 Failure/Failure video=yes at=sss code=InternalError message=yes',
          'list Failure: a.mp4=Failure',
        ],
        ours: [
          'onUploadSucceed a.mp4 Success/Start video=yes at=sss loaded=1',
          'onUploadEnd End',
          'list End: a.mp4=Success',
          'stored a.mp4: whole',
        ],
      },
    ],
  },
  'stopUpload after a failure': {
    why: 'The official stopUpload calls a failed file stopped.',
    hunks: [{ real: ['list Stop: a.mp4=Stoped'], ours: ['list Failure: a.mp4=Failure'] }],
  },
  'the store refuses: SignatureDoesNotMatch': {
    why: 'A wrong secret is not an expiry: pages of the official SDK refresh for ever.',
    hunks: [
      {
        real: [
          'onUploadTokenExpired a.mp4 Failure/Expire video=yes at=sss code=SignatureDoesNotMatch message=yes',
          'onUploadProgress a.mp4 Uploading/Start sound',
          'onUploadSucceed a.mp4 Success/Start video=yes at=sss loaded=1',
          'onUploadEnd End',
          'list End: a.mp4=Success',
          'stored a.mp4: whole',
        ],
        ours: [
          'onUploadFailed a.mp4 Failure/Failure video=yes at=sss code=SignatureDoesNotMatch message=yes',
          'list Failure: a.mp4=Failure',
        ],
      },
    ],
  },
  'the upload is gone from the server: NoSuchUpload': {
    why: 'The official SDK calls onUploadFailed only for errors with a code and a message, and here it has none.',
    hunks: [
      { real: [], ours: ['onUploadFailed a.mp4 Failure/Failure video=yes at=sss code=NoSuchUpload message=yes'] },
    ],
  },
  'what getCheckpoint shows': {
    why: 'A checkpoint of ours holds no file; the official SDK sends again what the server stored while the page stopped.',
    hunks: [
      {
        real: ['checkpoint: doneParts file fileSize name partSize uploadId'],
        ours: ['checkpoint: doneParts fileSize name partSize uploadId'],
      },
      { real: ['parts sent again: some'], ours: ['parts sent again: none'] },
    ],
  },
  'addFile with an object that the UploadAuth is not for': {
    why: 'Progress follows the bytes as they leave; the official SDK tells it when a part is done.',
    hunks: [{ real: [], ours: ['onUploadProgress a.mp4 Uploading/Start sound'] }],
  },
  'setSTSTokenDirectlyUpload with something missing': {
    why: 'The official SDK answers false and stands still.',
    hunks: [
      {
        real: ['onUploadstarted a.mp4 Ready video=no at=---, then Ready/Start'],
        ours: [
          'onUploadstarted a.mp4 Ready video=no at=---, then Failure/Failure',
          'onUploadFailed a.mp4 Failure/Failure video=no at=--- code=InvalidParameter.EmptyValue message=yes',
        ],
      },
      { real: ['list Start: a.mp4=Ready'], ours: ['list Failure: a.mp4=Failure'] },
    ],
  },
  'an empty, and a broken UploadAuth': {
    why: 'The official SDK answers false or throws, and stands still.',
    hunks: [
      {
        real: [],
        ours: ['onUploadFailed a.mp4 Failure/Failure video=no at=--- code=InvalidParameter.EmptyValue message=yes'],
      },
      {
        real: ['no base64 throws SyntaxError'],
        ours: [
          'onUploadstarted a.mp4 Ready video=no at=---, then Ready/Start',
          'onUploadFailed a.mp4 Failure/Failure video=no at=--- code=InvalidParameter.TokenInvalid message=yes',
          'no base64 → refused',
          'onUploadstarted a.mp4 Ready video=no at=---, then Ready/Start',
          'onUploadFailed a.mp4 Failure/Failure video=no at=--- code=InvalidParameter.TokenInvalid message=yes',
        ],
      },
      { real: ['list Start: a.mp4=Ready'], ours: ['list Failure: a.mp4=Failure'] },
    ],
  },
  'an empty STS token': {
    why: 'The official SDK answers false and stands still.',
    hunks: [
      {
        real: ['onUploadstarted a.mp4 Ready video=no at=---, then Ready/Start'],
        ours: [
          'onUploadstarted a.mp4 Ready video=no at=---, then Failure/Failure',
          'onUploadFailed a.mp4 Failure/Failure video=no at=--- code=InvalidParameter.EmptyValue message=yes',
        ],
      },
      { real: ['list Start: a.mp4=Ready'], ours: ['list Failure: a.mp4=Failure'] },
    ],
  },
  'a credential for a file that was never started': {
    why: 'The official SDK uploads, but its queue never learns that it ran.',
    hunks: [
      {
        real: [
          'onUploadProgress a.mp4 Uploading/Init sound',
          'onUploadSucceed a.mp4 Success/Init video=yes at=sss loaded=1',
          'list Init: a.mp4=Success',
        ],
        ours: [
          'onUploadProgress a.mp4 Uploading/Start sound',
          'onUploadSucceed a.mp4 Success/Start video=yes at=sss loaded=1',
          'onUploadEnd End',
          'list End: a.mp4=Success',
        ],
      },
    ],
  },
  'metadata: Title missing': {
    why: 'The official SDK sends the text `undefined`; ours the name of the file.',
    hunks: [
      {
        real: ['video {"Title":"a","Description":"","Tags":"","UserData":"","CoverURL":""}'],
        ours: ['video {"Title":"a.mp4","Description":"","Tags":"","UserData":"","CoverURL":""}'],
      },
    ],
  },
  'paramData: broken JSON, an object, no Vod in it': {
    why: 'The official addFile throws at every paramData that is not JSON text.',
    hunks: [
      {
        real: [
          'broken JSON throws SyntaxError',
          'an object throws SyntaxError',
          'addFileSuccess c.mp4 Ready/Init video=no at=---',
        ],
        ours: ['broken JSON → taken', 'an object → taken'],
      },
      {
        real: [],
        ours: [
          'addFileSuccess a.mp4 Ready/Init video=no at=---',
          'addFileSuccess b.mp4 Ready/Init video=no at=---',
          'addFileSuccess c.mp4 Ready/Init video=no at=---',
          'onUploadstarted a.mp4 Ready video=no at=---, then Ready/Start',
          'onUploadProgress a.mp4 Uploading/Start sound',
          'onUploadSucceed a.mp4 Success/Start video=yes at=sss loaded=1',
          'onUploadstarted b.mp4 Ready video=no at=---, then Ready/Start',
          'onUploadProgress b.mp4 Uploading/Start sound',
          'onUploadSucceed b.mp4 Success/Start video=yes at=sss loaded=1',
        ],
      },
      {
        real: ['list End: c.mp4=Success'],
        ours: ['list End: a.mp4=Success b.mp4=Success c.mp4=Success', 'stored a.mp4: whole', 'stored b.mp4: whole'],
      },
      { real: ['uploads begun 0, single puts 1'], ours: ['uploads begun 0, single puts 3'] },
    ],
  },
  'exceptions in every callback': {
    why: 'The official SDK writes exceptions of the page to the console, where its error handlers do not see them.',
    hunks: [{ real: [], ours: ['uncaught Error'] }],
  },
  'exceptions in onUploadFailed and onUploadCanceled': {
    why: 'As above; and progress follows the bytes as they leave.',
    hunks: [
      { real: [], ours: ['onUploadProgress a.mp4 Uploading/Start sound'] },
      { real: [], ours: ['uncaught Error'] },
    ],
  },
  'no callbacks but the one that must be': {
    why: 'The official SDK sends again what the server stored while the page stopped.',
    hunks: [{ real: ['parts sent again: some'], ours: ['parts sent again: none'] }],
  },
  'stopUpload in onUploadSucceed': {
    why: 'The official stopUpload calls a file stopped that has just succeeded, and uploads it again later.',
    hunks: [
      {
        real: [
          'onUploadSucceed a.mp4 Success/Start video=yes at=sss loaded=1, then Stoped/Stop',
          'list Stop: a.mp4=Stoped b.mp4=Ready',
        ],
        ours: [
          'onUploadSucceed a.mp4 Success/Start video=yes at=sss loaded=1, then Success/Stop',
          'list Stop: a.mp4=Success b.mp4=Ready',
          'stored a.mp4: whole',
        ],
      },
    ],
  },
  'addFile in onUploadSucceed and startUpload in onUploadEnd': {
    why: 'addFileSuccess comes a moment after addFile returned, as in the official 1.5.3 to 1.5.6: the file is read first.',
    hunks: [
      {
        real: ['addFileSuccess c.mp4 Ready/End video=no at=---, then Ready/Start'],
        ours: ['addFileSuccess c.mp4 Ready/Start video=no at=---'],
      },
    ],
  },
  'options: falsy values': {
    why: 'A file that fits into one part goes in one request instead of three.',
    hunks: [{ real: ['uploads begun 1, single puts 0'], ours: ['uploads begun 0, single puts 1'] }],
  },
  'options: null': {
    why: 'A file that fits into one part goes in one request instead of three.',
    hunks: [{ real: ['uploads begun 1, single puts 0'], ours: ['uploads begun 0, single puts 1'] }],
  },
  'options: numbers as text': {
    why: 'The official SDK takes all but partSize as text, and fails on that one without a word.',
    hunks: [
      {
        real: ['list Failure: a.mp4=Failure'],
        ours: [
          'onUploadProgress a.mp4 Uploading/Start sound',
          'onUploadSucceed a.mp4 Success/Start video=yes at=sss loaded=1',
          'onUploadEnd End',
          'list End: a.mp4=Success',
          'stored a.mp4: whole',
        ],
      },
      { real: ['uploads begun 0, single puts 0'], ours: ['uploads begun 1, single puts 0'] },
    ],
  },
  'options: partSize below the least, a small file and one of several parts': {
    why: 'The official SDK fails without a word on the first file that has parts.',
    hunks: [
      {
        real: ['list Failure: a.mp4=Success b.mp4=Failure'],
        ours: [
          'onUploadProgress b.mp4 Uploading/Start sound',
          'onUploadSucceed b.mp4 Success/Start video=yes at=sss loaded=1',
          'onUploadEnd End',
          'list End: a.mp4=Success b.mp4=Success',
        ],
      },
      { real: [], ours: ['stored b.mp4: whole'] },
      { real: ['uploads begun 0, single puts 1'], ours: ['uploads begun 1, single puts 1'] },
    ],
  },
  'options: retryCount 0 means none': {
    why: 'The official SDK takes 0 as not given.',
    hunks: [
      {
        real: [
          'onUploadSucceed a.mp4 Success/Start video=yes at=sss loaded=1',
          'onUploadEnd End',
          'list End: a.mp4=Success',
          'stored a.mp4: whole',
        ],
        ours: [
          'onUploadFailed a.mp4 Failure/Failure video=yes at=sss code=ConnectionTimeoutError message=yes',
          'list Failure: a.mp4=Failure',
        ],
      },
    ],
  },
  'options: enableUploadProgress false is kept': {
    why: 'The official SDK cannot switch it off.',
    hunks: [{ real: ['enableUploadProgress true'], ours: ['enableUploadProgress false'] }],
  },
  'what the SDK does to the page': {
    why: 'The official SDK takes over onbeforeunload, sets a cookie for two years and sends log lines to a third party.',
    hunks: [
      {
        real: ['onbeforeunload is of the SDK', 'cookies: p_h5_upload_u', 'log lines to a third party: yes'],
        ours: ['onbeforeunload is still of the page', 'cookies: none', 'log lines to a third party: no'],
      },
    ],
  },
};
