; What is installed already: found, asked to close, and taken away file by file before the new one comes.

Function ReadPrevious
  ReadRegStr $PreviousFolder SHCTX "${APP_KEY}" "InstallLocation"
  ReadRegStr $PreviousVersion SHCTX "${APP_KEY}" "Version"
  ReadRegStr $PreviousOrder SHCTX "${APP_KEY}" "VersionOrder"
FunctionEnd

; Data that a newer version has written may be unreadable for an older one.
Function RefuseNewer
  ${If} $PreviousOrder == ""
    Return
  ${EndIf}
  ${VersionCompare} "$PreviousOrder" "${VERSION_ORDER}" $R0
  ${If} $R0 != 1
  ${OrIf} $MayGoBack == 1
    Return
  ${EndIf}
  MessageBox MB_YESNO|MB_ICONEXCLAMATION|MB_DEFBUTTON2 "$(NEWER_INSTALLED)" /SD IDNO IDYES go_on
  !insertmacro Log "$(NEWER_INSTALLED)"
  SetErrorLevel ${EXIT_NEWER_INSTALLED}
  Quit
  go_on:
FunctionEnd

; A program that runs is a file that cannot be opened for writing, whoever has started it.
!macro RefuseRunningFunction UN
Function ${UN}RefuseRunningIn ; folder on the stack
  Exch $R0
  again:
  StrCpy $R1 0
  ${For} $R2 1 2
    StrCpy $R3 "$R0\${WINDOW_EXE}"
    ${If} $R2 = 2
      StrCpy $R3 "$R0\${CONSOLE_EXE}"
    ${EndIf}
    ${If} ${FileExists} "$R3"
      ClearErrors
      FileOpen $R4 "$R3" a
      ${If} ${Errors}
        StrCpy $R1 1
      ${Else}
        FileClose $R4
      ${EndIf}
    ${EndIf}
  ${Next}
  ${If} $R1 = 1
    MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "$(RUNNING)" /SD IDCANCEL IDRETRY again
    !insertmacro Log "$(RUNNING)"
    SetErrorLevel ${EXIT_RUNNING}
    Quit
  ${EndIf}
  Pop $R0
FunctionEnd
!macroend
!insertmacro RefuseRunningFunction ""
!insertmacro RefuseRunningFunction "un."

Function RefuseRunning
  Push "$INSTDIR"
  Call RefuseRunningIn
  ${If} $PreviousFolder != ""
  ${AndIf} $PreviousFolder != $INSTDIR
    Push "$PreviousFolder"
    Call RefuseRunningIn
  ${EndIf}
FunctionEnd

Function RefuseFullDisk
  ; Asked of the system for this very folder: a drive letter alone says nothing of mounted folders and shares.
  CreateDirectory "$INSTDIR"
  System::Call 'kernel32::GetDiskFreeSpaceExW(w "$INSTDIR", *l .r0, p 0, p 0) i .r1'
  ${If} $1 = 0
    Return
  ${EndIf}
  System::Int64Op $0 / 1024
  Pop $0
  System::Int64Op $0 < ${PAYLOAD_KB}
  Pop $1
  ${If} $1 = 1
    RMDir "$INSTDIR"
    !insertmacro Fail ${EXIT_NO_SPACE} "$(NO_SPACE)"
  ${EndIf}
FunctionEnd

; Take away what the list in a folder names, and nothing else.
!macro RemoveListedFunction UN
Function ${UN}RemoveListed ; folder on the stack
  Exch $R0
  FileOpen $R1 "$R0\${LIST}" r
  ${If} $R1 == ""
    Pop $R0
    Return
  ${EndIf}
  StrLen $R5 "$R0\"
  ${Do}
    ClearErrors
    FileReadUTF16LE $R1 $R2
    ${If} ${Errors}
      ${ExitDo}
    ${EndIf}
    ${Do} ; cut the line's end
      StrCpy $R3 $R2 1 -1
      ${If} $R3 != "$\r"
      ${AndIf} $R3 != "$\n"
        ${ExitDo}
      ${EndIf}
      StrCpy $R2 $R2 -1
    ${Loop}
    ${If} $R2 == ""
      ${Continue}
    ${EndIf}
    ; A list that someone has changed must not lead out of the folder.
    GetFullPathName $R3 "$R0\$R2"
    StrCpy $R4 $R3 $R5
    ${If} $R4 != "$R0\"
      ${Continue}
    ${EndIf}
    StrCpy $R4 $R2 1 -1
    ${If} $R4 == "\"
      RMDir "$R0\$R2"
      ${Continue}
    ${EndIf}
    ${For} $R6 1 4 ; a virus scanner lets go after a moment
      ClearErrors
      Delete "$R0\$R2"
      ${IfNot} ${Errors}
        ${ExitFor}
      ${EndIf}
      Sleep 500
    ${Next}
    ${If} ${Errors}
      StrCpy $R3 "$R0\$R2"
      FileClose $R1
      !insertmacro Fail ${EXIT_RUNNING} "$(FILE_IN_USE)"
    ${EndIf}
  ${Loop}
  FileClose $R1
  Delete "$R0\pack.ico"
  Delete "$R0\recipe.ico"
  Delete "$R0\${MARK}"
  Delete "$R0\notes\camera-notes.en.txt"
  Delete "$R0\notes\camera-notes.ja.txt"
  RMDir "$R0\notes"
  Delete "$R0\${LIST}" ; last: until here another try would find it
  Pop $R0
FunctionEnd
!macroend
!insertmacro RemoveListedFunction ""
!insertmacro RemoveListedFunction "un."

Function RemovePrevious
  Push "$INSTDIR"
  Call RemoveListed
  ${If} $PreviousFolder != ""
    Call RemoveShell
    ${If} $PreviousFolder != $INSTDIR ; it moves
      Push "$PreviousFolder"
      Call RemoveListed
      Delete "$PreviousFolder\${UNINSTALLER}"
      RMDir "$PreviousFolder"
    ${EndIf}
  ${EndIf}
  ClearErrors
FunctionEnd
