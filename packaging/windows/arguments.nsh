; The command line. An unknown switch is refused: a typing error must not install with other choices than meant.

Var AskDesktop
Var AskAssociate
Var AskPacks
Var AskGpu
Var AskNotes

!macro ReadArgumentsFunction UN
Function ${UN}ReadArguments
  ${GetParameters} $R0
  ${Do}
    ${Do}
      StrCpy $R1 $R0 1
      ${If} $R1 != " "
        ${ExitDo}
      ${EndIf}
      StrCpy $R0 $R0 "" 1
    ${Loop}
    ${If} $R0 == ""
      ${ExitDo}
    ${EndIf}
    StrCpy $R2 0
    ${Do}
      StrCpy $R1 $R0 1 $R2
      ${If} $R1 == ""
      ${OrIf} $R1 == " "
        ${ExitDo}
      ${EndIf}
      IntOp $R2 $R2 + 1
    ${Loop}
    StrCpy $R3 $R0 $R2
    StrCpy $R0 $R0 "" $R2
    Call ${UN}TakeArgument
  ${Loop}
FunctionEnd
!macroend
!insertmacro ReadArgumentsFunction ""
!insertmacro ReadArgumentsFunction "un."

; A switch with the values 0 and 1 into its variable.
!macro CaseSwitch SWITCH VARIABLE
  ${Case} "${SWITCH}=0"
    StrCpy ${VARIABLE} 0
  ${Case} "${SWITCH}=1"
    StrCpy ${VARIABLE} 1
!macroend

!macro CaseBoth
  ${Case2} "/S" "/NCRC" ; NSIS takes these itself
    Nop
  ${Case} "/LANG=ja"
    StrCpy $LanguageAsked ${LANG_JAPANESE}
  ${Case} "/LANG=en"
    StrCpy $LanguageAsked ${LANG_ENGLISH}
!macroend

; What CRANE_LANGUAGE asks for, as the program understands it; the command line, read after it, counts more.
!macro ReadLanguageFunction UN
Function ${UN}ReadLanguage
  ReadEnvStr $R0 CRANE_LANGUAGE
  ClearErrors ; it need not be set
  StrCpy $R0 $R0 2
  ${If} $R0 == "ja" ; compares without regard to case
  ${OrIf} $R0 == "jp"
    StrCpy $LanguageAsked ${LANG_JAPANESE}
  ${ElseIf} $R0 == "en"
    StrCpy $LanguageAsked ${LANG_ENGLISH}
  ${EndIf}
FunctionEnd
!macroend
!insertmacro ReadLanguageFunction ""
!insertmacro ReadLanguageFunction "un."

Function TakeArgument
  ${Select} $R3
    !insertmacro CaseBoth
    ${Case} "/AllUsers"
      StrCpy $ScopeAsked "machine"
    ${Case} "/CurrentUser"
      StrCpy $ScopeAsked "user"
    ${Case} "/DOWNGRADE"
      StrCpy $MayGoBack 1
    !insertmacro CaseSwitch "/DESKTOP" $AskDesktop
    !insertmacro CaseSwitch "/ASSOCIATE" $AskAssociate
    !insertmacro CaseSwitch "/PACKS" $AskPacks
    !insertmacro CaseSwitch "/GPU" $AskGpu
    !insertmacro CaseSwitch "/NOTES" $AskNotes
    ${CaseElse}
      !insertmacro Fail ${EXIT_BAD_SWITCH} "$(BAD_SWITCH)"
  ${EndSelect}
FunctionEnd

Function un.TakeArgument
  ${Select} $R3
    !insertmacro CaseBoth
    ${Case} "/REMOVEDATA"
      StrCpy $RemoveData 1
    ${CaseElse}
      !insertmacro Fail ${EXIT_BAD_SWITCH} "$(BAD_SWITCH)"
  ${EndSelect}
FunctionEnd
