// planted-next: TS7006
export function size(list) {
  return list
}
