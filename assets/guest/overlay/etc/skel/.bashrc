# Interactive shells of the desktop user.
case $- in *i*) ;; *) return ;; esac

HISTCONTROL=ignoreboth
shopt -s checkwinsize
PS1='\[\e[36m\]\u@\h\[\e[0m\] \[\e[33m\]\w\[\e[0m\] \$ '
PROMPT_COMMAND='printf "\e]0;%s\a" "${PWD/#$HOME/\~} – Terminal"'
alias ls='ls --color=auto' ll='ls -lh' grep='grep --color=auto'
