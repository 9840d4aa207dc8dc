/**
 * Completion scripts for bash, zsh and fish, made from the command tree. Called by completion.ts. Pure. Invariant: what
 * comes from descriptions is quoted for its shell; where nothing is known, the shell offers file names.
 */
import type { KnownCommand, KnownOption } from "./command-tree.ts";

export const SCRIPTS = { bash, zsh, fish } as const;

/** Works without the bash-completion package. */
function bash(commands: readonly KnownCommand[]): string {
  const values = commands.flatMap((command) =>
    command.options.filter(takesValue).map((option) => {
      const patterns = namesOf(option).map((name) => `'${command.name} ${name}'`);
      return `    ${patterns.join("|")}) words='${option.choices.join(" ")}'; valued=1 ;;`;
    }),
  );
  const options = commands.map((command) => {
    const names = command.options.flatMap(namesOf);
    return `      ${command.name}) words='${names.join(" ")}' ;;`;
  });
  const firsts = commands
    .filter(({ choices }) => choices.length > 0)
    .map(({ name, choices }) => `      ${name}) words='${choices.join(" ")}' ;;`);
  return `# bash completion for onrush. In ~/.bashrc: source <(onrush completion bash)
_onrush() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local command="\${COMP_WORDS[1]}" words='' valued=0
  COMPREPLY=()
  if (( COMP_CWORD == 1 )); then
    COMPREPLY=($(compgen -W '${commands.map(({ name }) => name).join(" ")} --help --version' -- "$current"))
    return
  fi
  case "$command $previous" in
${values.join("\n")}
  esac
  if (( valued == 0 )) && [[ $current == -* ]]; then
    case "$command" in
${options.join("\n")}
    esac
  elif (( valued == 0 )); then
    case "$command" in
${firsts.join("\n")}
      *) ;;
    esac
  fi
  [[ -n $words ]] && COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _onrush onrush
`;
}

function zsh(commands: readonly KnownCommand[]): string {
  const described = commands.map(({ name, about }) => `    ${quoted(`${name}:${about}`)}`);
  const cases = commands.map(({ name, options, choices }) => {
    const first = choices.length > 0 ? `1:choice:(${choices.join(" ")})` : "*:file:_files";
    const lines = [...options.flatMap(zshOption), quoted(first)];
    return `    ${name})\n      _arguments -S \\\n        ${lines.join(" \\\n        ")}\n      ;;`;
  });
  return `#compdef onrush
# zsh completion for onrush. In ~/.zshrc, after compinit: source <(onrush completion zsh)
_onrush() {
  local -a commands
  commands=(
${described.join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local name=$words[2]
  shift words
  (( CURRENT-- ))
  case $name in
${cases.join("\n")}
  esac
}
compdef _onrush onrush
`;
}

/** One spec for each name; an option may be given again. */
function zshOption(option: KnownOption): string[] {
  const about = option.about.replaceAll(/[\\[\]:]/g, "\\$&");
  const { value, choices } = option;
  const then = choices.length > 0 ? `(${choices.join(" ")})` : isPath(value) ? "_files" : "";
  const argument = value === null ? "" : `:${value.replaceAll(":", "\\:")}:${then}`;
  return namesOf(option).map((name) => quoted(`*${name}[${about}]${argument}`));
}

function fish(commands: readonly KnownCommand[]): string {
  const names = commands.map(({ name }) => name).join(" ");
  const lines = commands.flatMap(({ name, about, options, choices }) => {
    const inside = `-n ${quoted(`__fish_seen_subcommand_from ${name}`)}`;
    const first =
      choices.length > 0 ? [`complete -c onrush ${inside} -f -a ${quoted(choices.join(" "))}`] : [];
    return [
      `complete -c onrush -n __fish_use_subcommand -f -a ${name} -d ${quoted(about)}`,
      ...options.map((option) => `complete -c onrush ${inside} ${fishOption(option)}`),
      ...first,
    ];
  });
  return `# fish completion for onrush. Once: onrush completion fish > ~/.config/fish/completions/onrush.fish
# Commands: ${names}
${lines.join("\n")}
`;
}

function fishOption({ short, long, value, choices, about }: KnownOption): string {
  const parts = [`-l ${long.slice(2)}`];
  if (short !== null) parts.unshift(`-s ${short.slice(1)}`);
  // -x: needs a value that is no file; -r: needs a value.
  if (choices.length > 0) parts.push(`-x -a ${quoted(choices.join(" "))}`);
  else if (value !== null) parts.push(isPath(value) ? "-r" : "-x");
  return `${parts.join(" ")} -d ${quoted(about)}`;
}

function takesValue({ value }: KnownOption): boolean {
  return value !== null;
}

function isPath(value: string | null): boolean {
  return value !== null && /DIR|FILE|FORMATS/.test(value);
}

function namesOf({ short, long }: KnownOption): string[] {
  return short === null ? [long] : [short, long];
}

/** In single quotes; bash and zsh end the text for a quote of its own, and fish understands that, too. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
