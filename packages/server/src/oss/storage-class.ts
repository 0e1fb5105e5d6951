const STORAGE_CLASSES: ReadonlySet<string> = new Set(['Standard', 'IA', 'Archive', 'ColdArchive', 'DeepColdArchive']);

export const STORAGE_CLASS = 'x-oss-storage-class';

/** A storage class of OSS. All are accepted, and mean the same here. */
export const isStorageClass = (text: string): boolean => STORAGE_CLASSES.has(text);
