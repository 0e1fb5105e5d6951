import { Buffer } from 'node:buffer';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ossErrorXml, rpcErrorXml, xmlText } from './error-body.js';

// The parser of ali-oss, the client that reads these bodies.
interface Xml2js {
  parseString(xml: string, options: object, done: (error: Error | null, value: Record<string, unknown>) => void): void;
}
const clients = createRequire(new URL('../../../e2e/package.json', import.meta.url));
const xml2js = createRequire(clients.resolve('ali-oss'))('xml2js') as Xml2js;
function parse(xml: string): Record<string, unknown> {
  let out: Record<string, unknown> = {};
  xml2js.parseString(xml, { explicitArray: false, explicitRoot: false, async: false }, (error, value) => {
    if (error) throw error;
    out = value;
  });
  return out;
}

describe('xmlText', () => {
  test('escapes markup', () => {
    expect(xmlText(`<a href="x">'&amp;'</a>`)).toBe('&lt;a href=&quot;x&quot;&gt;&apos;&amp;amp;&apos;&lt;/a&gt;');
    expect(xmlText(']]>')).toBe(']]&gt;');
  });

  test('replaces what XML cannot carry, keeps the rest', () => {
    expect(xmlText('a\0b\x1Fc\uFFFEd\uFFFFe\uD800f\uDC00g')).toBe('a\uFFFDb\uFFFDc\uFFFDd\uFFFDe\uFFFDf\uFFFDg');
    expect(xmlText('\t\n\x7F\x85用户😀\uD83D\uDE00\uFFFD')).toBe('\t\n\x7F\x85用户😀\uD83D\uDE00\uFFFD');
  });

  test('a carriage return survives the line ending rule of parsers', () => {
    expect(xmlText('a\r\nb\r')).toBe('a&#13;\nb&#13;');
  });

  test('any text parses, and reads back but for what XML cannot carry', () => {
    const any = fc.string({
      unit: fc.oneof(
        fc.constantFrom(...'<>&"\'\r\n\0]'),
        fc.integer({ min: 0, max: 0xffff }).map((c) => String.fromCharCode(c)),
        fc.constant('😀'),
      ),
    });
    // UTF-8 leaves no lone surrogate.
    const wellFormed = (s: string) => Buffer.from(s, 'utf8').toString('utf8');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the characters XML 1.0 forbids
    const carried = (s: string) => wellFormed(s).replace(/[\uFFFE\uFFFF\0-\x08\x0B\x0C\x0E-\x1F]/g, '\uFFFD');
    fc.assert(
      fc.property(any, (text) => {
        // A visible frame: the parser drops texts that are blank.
        expect(parse(`<r><t>[${xmlText(text)}]</t></r>`).t).toBe(`[${carried(text)}]`);
      }),
    );
  });
});

describe('error bodies', () => {
  test('of RPC services', () => {
    const body = { RequestId: 'ID', HostId: 'sts', Code: 'NoPermission', Message: 'a < b & "c"' };
    expect(rpcErrorXml(body)).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<Error><RequestId>ID</RequestId><HostId>sts</HostId><Code>NoPermission</Code><Message>a &lt; b &amp; &quot;c&quot;</Message></Error>',
    );
    const detail = { AuthAction: 'sts:AssumeRole', NoPermissionType: 'ImplicitDeny' };
    const full = parse(rpcErrorXml({ ...body, Recommend: 'https://x?q=1&r=2', AccessDeniedDetail: detail }));
    expect(full).toEqual({ ...body, Recommend: 'https://x?q=1&r=2', AccessDeniedDetail: detail });
    expect(rpcErrorXml({ ...body, AccessDeniedDetail: {} })).not.toContain('AccessDeniedDetail');
  });

  test('of OSS, with the elements of the code in their order and the detailed code last', () => {
    const xml = ossErrorXml({
      Code: 'NoSuchKey',
      Message: 'The specified key does not exist.',
      RequestId: 'ID',
      HostId: 'b.oss',
      extra: [['Key', '</Key><Code>Other</Code>']],
      EC: '0026-00000001',
    });
    expect(parse(xml)).toEqual({
      Code: 'NoSuchKey',
      Message: 'The specified key does not exist.',
      RequestId: 'ID',
      HostId: 'b.oss',
      Key: '</Key><Code>Other</Code>',
      EC: '0026-00000001',
      RecommendDoc: 'https://api.aliyun.com/troubleshoot?q=0026-00000001',
    });
    expect([...xml.matchAll(/<(\w+)>/g)].map((m) => m[1])).toEqual([
      'Error',
      'Code',
      'Message',
      'RequestId',
      'HostId',
      'Key',
      'EC',
      'RecommendDoc',
    ]);
  });
});
