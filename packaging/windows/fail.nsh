; How the installer ends where it cannot go on: one sentence, in a box or in a log, and an exit code of its own.

!define EXIT_ABORTED 2
!define EXIT_BAD_SWITCH 3
!define EXIT_NOT_ADMIN 4
!define EXIT_RUNNING 5
!define EXIT_NEWER_INSTALLED 6
!define EXIT_NO_SPACE 7
!define EXIT_OLD_WINDOWS 8
!define EXIT_PACK_REFUSED 9
!define EXIT_NOT_INSTALLED 10

!define LOG_FILE "$TEMP\${NAME}-Setup.log"

!macro Log SENTENCE
  DetailPrint "${SENTENCE}"
  Push $R9
  FileOpen $R9 "${LOG_FILE}" a
  FileSeek $R9 0 END
  FileWriteUTF16LE /BOM $R9 "${SENTENCE}$\r$\n"
  FileClose $R9
  Pop $R9
!macroend

; Say why, and leave. Works in .onInit and in sections.
!macro Fail CODE SENTENCE
  !insertmacro Log "${SENTENCE}"
  MessageBox MB_OK|MB_ICONSTOP "${SENTENCE}" /SD IDOK
  SetErrorLevel ${CODE}
  Quit
!macroend
