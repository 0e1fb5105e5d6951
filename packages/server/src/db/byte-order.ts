import {
  DataTypeNode,
  type KyselyPlugin,
  OperationNodeTransformer,
  type PluginTransformQueryArgs,
  type PluginTransformResultArgs,
  type QueryResult,
  RawNode,
  type RootOperationNode,
  type UnknownRow,
} from 'kysely';

/**
 * Makes every text column of a migration compare by bytes on PostgreSQL, as SQLite does by itself: listings are in the
 * order of UTF-8 bytes on both, whatever the locale of the database.
 */
export class ByteOrder implements KyselyPlugin {
  readonly #transformer = new TextColumns();

  transformQuery({ node }: PluginTransformQueryArgs): RootOperationNode {
    return this.#transformer.transformNode(node);
  }

  async transformResult({ result }: PluginTransformResultArgs): Promise<QueryResult<UnknownRow>> {
    return result;
  }
}

class TextColumns extends OperationNodeTransformer {
  override transformColumnDefinition(
    ...[node, queryId]: Parameters<OperationNodeTransformer['transformColumnDefinition']>
  ): ReturnType<OperationNodeTransformer['transformColumnDefinition']> {
    const column = super.transformColumnDefinition(node, queryId);
    const text = DataTypeNode.is(column.dataType) && /^(text|varchar)/.test(column.dataType.dataType);
    return text ? { ...column, dataType: RawNode.createWithSql(`${column.dataType.dataType} collate "C"`) } : column;
  }
}
