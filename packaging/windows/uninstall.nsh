; The way out: the program goes, the data stays unless it is asked to go too.

Var DataBox

Function un.onInit
  SetRegView 64
  StrCpy $RemoveData 0
  Call un.ReadLanguage
  Call un.ReadArguments
  Call un.FindScope
  Call un.ChooseLanguage
  ${If} $Scope == ""
    !insertmacro Fail ${EXIT_NOT_INSTALLED} "$(NOT_INSTALLED)"
  ${EndIf}
  !insertmacro IsAdmin $R1
  ${If} $Scope == "machine"
  ${AndIf} $R1 != "Admin"
    ${If} ${Silent}
      !insertmacro Fail ${EXIT_NOT_ADMIN} "$(NOT_ADMIN)"
    ${EndIf}
    ClearErrors
    ExecShell "runas" "$INSTDIR\${UNINSTALLER}"
    ${If} ${Errors}
      !insertmacro Fail ${EXIT_NOT_ADMIN} "$(NOT_ADMIN)"
    ${EndIf}
    Quit
  ${EndIf}
FunctionEnd

; The registry knows which of the two installations lies in this folder.
Function un.FindScope
  StrCpy $Scope "machine"
  !insertmacro ApplyScope
  ReadRegStr $R0 HKLM "${APP_KEY}" "InstallLocation"
  ${If} $R0 == $INSTDIR
    Return
  ${EndIf}
  StrCpy $Scope "user"
  !insertmacro ApplyScope
  ReadRegStr $R0 HKCU "${APP_KEY}" "InstallLocation"
  ${If} $R0 != $INSTDIR
    StrCpy $Scope ""
  ${EndIf}
FunctionEnd

Function un.ChooseLanguage
  ${If} $LanguageAsked == ""
    ReadRegStr $R0 SHCTX "${APP_KEY}" "Language"
    ${If} $R0 == "ja"
      StrCpy $LanguageAsked ${LANG_JAPANESE}
    ${ElseIf} $R0 == "en"
      StrCpy $LanguageAsked ${LANG_ENGLISH}
    ${EndIf}
  ${EndIf}
  ${If} $LanguageAsked != ""
    StrCpy $LANGUAGE $LanguageAsked
  ${EndIf}
FunctionEnd

Function un.ShowData
  !insertmacro MUI_HEADER_TEXT "$(REMOVE_TITLE)" "$(REMOVE_SUBTITLE)"
  nsDialogs::Create 1018
  Pop $R0
  ${NSD_CreateLabel} 0 0 100% 40u "$(REMOVE_WORDS)"
  Pop $R0
  ${NSD_CreateCheckbox} 0 50u 100% 12u "$(REMOVE_DATA)"
  Pop $DataBox
  ${If} $RemoveData = 1
    ${NSD_Check} $DataBox
  ${EndIf}
  ${NSD_CreateLabel} 12u 66u -12u 40u "$(REMOVE_DATA_HINT)"
  Pop $R0
  nsDialogs::Show
FunctionEnd

Function un.LeaveData
  ${NSD_GetState} $DataBox $R0
  StrCpy $RemoveData 0
  ${If} $R0 == ${BST_CHECKED}
    MessageBox MB_YESNO|MB_ICONEXCLAMATION|MB_DEFBUTTON2 "$(REMOVE_DATA_SURE)" IDYES sure
    Abort
    sure:
    StrCpy $RemoveData 1
  ${EndIf}
FunctionEnd

Section "Uninstall"
  Push "$INSTDIR"
  Call un.RefuseRunningIn
  SetOutPath "$TEMP" ; nobody stands in the folder that goes
  Call un.RemoveShell
  Push "$INSTDIR"
  Call un.RemoveListed
  Delete "$INSTDIR\${UNINSTALLER}"
  ; Run with _?= it cannot delete itself, and stays behind alone. Not /REBOOTOK: until then a new one may lie there.
  RMDir "$INSTDIR"
  DeleteRegKey SHCTX "${UNINSTALL_KEY}"
  DeleteRegKey SHCTX "${APP_KEY}"
  ${If} $RemoveData = 1
    ; Not RMDir /r: everybody may write there, so a link to elsewhere could lie in it. "rd" follows none.
    nsExec::Exec '"$SYSDIR\cmd.exe" /d /c rd /s /q "$DataFolder"'
    Pop $R0
  ${EndIf}
  !insertmacro NotifyShell
  SetErrorLevel 0
SectionEnd
