import { Lexer, LineCounter, parseAllDocuments, type Document } from 'yaml'
import { describeError } from '../core/error.ts'
import type { Finding, FindingCode } from './finding.ts'

const maxBytes = 1024 * 1024
/** Levels of lists and maps; real files have fewer than ten. */
export const maxDepth = 64
const maxSyntaxFindings = 20

/** One config file as bytes. */
export interface ConfigFile {
  /** Path as it is shown in findings. */
  readonly name: string
  readonly bytes: Uint8Array
}

/** A file of correct YAML 1.2: its one document, and where its lines begin. */
export interface YamlFile {
  readonly name: string
  readonly document: Document.Parsed
  readonly lines: LineCounter
}

/**
 * Bytes to one YAML 1.2 document (JSON is YAML). Size and depth are checked before the parser sees the text, and every
 * error of the parser becomes a finding; undefined if there is nothing to go on with.
 */
export function readYaml(file: ConfigFile, findings: Finding[]): YamlFile | undefined {
  const lines = new LineCounter()
  function refuse(code: FindingCode, message: string, offset = 0): undefined {
    const { line, col } = offset === 0 ? { line: 1, col: 1 } : lines.linePos(offset)
    findings.push({
      file: file.name,
      line: Math.max(1, line),
      col: Math.max(1, col),
      severity: 'error',
      code,
      message,
      hint: undefined,
    })
  }

  if (file.bytes.length > maxBytes)
    return refuse('too_large', `the file has ${file.bytes.length} bytes; 1 MiB is the limit`)
  const text = decode(file.bytes)
  if (text === undefined) return refuse('bad_encoding', 'the file is not UTF-8 text, or holds NUL characters')
  for (let at = 0; at >= 0; at = text.indexOf('\n', at) + 1 || -1) lines.addNewLine(at)
  const deep = tooDeepAt(text)
  if (deep >= 0) return refuse('too_deep', `lists and maps may be nested ${maxDepth} deep`, deep)
  try {
    const documents = parseAllDocuments(text, {
      version: '1.2',
      schema: 'core',
      uniqueKeys: false, // Found later, with both positions, and without the end of everything else.
      merge: false,
      prettyErrors: false,
      logLevel: 'error',
    })
    const [document, second] = documents
    if (document === undefined || !('contents' in document) || isNothing(document))
      return refuse('empty', 'the file is empty')
    if (second !== undefined) return refuse('several_documents', 'a file holds one document', second.range[0])
    if (document.directives.yaml.version !== '1.2') return refuse('yaml_syntax', 'only YAML 1.2 is read')
    const problems = [
      ...document.errors,
      ...document.warnings.filter((warning) => warning.code !== 'TAG_RESOLVE_FAILED'),
    ]
    for (const problem of problems.slice(0, maxSyntaxFindings)) refuse('yaml_syntax', problem.message, problem.pos[0])
    return problems.length === 0 ? { name: file.name, document, lines } : undefined
  } catch (error) {
    return refuse('yaml_syntax', `reading YAML: ${describeError(error)}`)
  }
}

/** Text without its byte order mark; undefined for UTF-16, NUL and bytes that are not UTF-8. */
function decode(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function isNothing(document: Document.Parsed): boolean {
  return document.contents === null && document.errors.length === 0
}

/** Tokens of the lexer that stand for no text: byte order mark, document, error and scalar. */
const marks = ['\uFEFF', '\u0002', '\u0018', '\u001f']

/**
 * Offset of the first bracket or block indicator that is nested too deep; -1 if there is none. The lexer does not
 * recurse, the parser does: 20,000 brackets would overflow its stack.
 */
function tooDeepAt(text: string): number {
  let flow = 0
  let indicators = 0
  let offset = 0
  for (const token of new Lexer().lex(text)) {
    if (token === '[' || token === '{') flow++
    else if (token === ']' || token === '}') flow--
    else if (token === '\n' || token === '\r\n') indicators = 0
    else if (flow === 0 && (token === '-' || token === '?' || token === ':')) indicators++
    if (flow > maxDepth || indicators > maxDepth) return offset
    if (!marks.includes(token)) offset += token.length
  }
  return -1
}
