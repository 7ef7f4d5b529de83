; For whom it is installed, and what hangs on that: rights, registry, program folder and data folder.

Var ForMachine ; the page's buttons
Var ForUser

; SHCTX, $SMPROGRAMS, $DESKTOP and $APPDATA follow the scope from here on.
!macro ApplyScope
  ${If} $Scope == "machine"
    SetShellVarContext all
    StrCpy $DataFolder "$APPDATA\${NAME}" ; %ProgramData%: the program finds it by the mark beside it
  ${Else}
    SetShellVarContext current
    StrCpy $DataFolder "$LOCALAPPDATA\${NAME}"
  ${EndIf}
!macroend

!macro IsAdmin RESULT
  UserInfo::GetAccountType
  Pop ${RESULT}
!macroend

Function UseScope
  !insertmacro ApplyScope
  Call ReadPrevious
  ${If} $FolderAsked != ""
    StrCpy $INSTDIR $FolderAsked
  ${ElseIf} $PreviousFolder != ""
    StrCpy $INSTDIR $PreviousFolder
  ${ElseIf} $Scope == "machine"
    StrCpy $INSTDIR "$PROGRAMFILES64\${NAME}"
  ${Else}
    StrCpy $INSTDIR "$LOCALAPPDATA\Programs\${NAME}"
  ${EndIf}
FunctionEnd

; The command line's word counts; else where it is installed already; else for everybody, where that is allowed.
Function ChooseScope
  !insertmacro IsAdmin $R1
  ReadRegStr $R0 HKLM "${APP_KEY}" "InstallLocation"
  ReadRegStr $R2 HKCU "${APP_KEY}" "InstallLocation"
  ${If} $ScopeAsked != ""
    StrCpy $Scope $ScopeAsked
  ${ElseIf} $R0 != ""
    StrCpy $Scope "machine"
  ${ElseIf} $R2 != ""
    StrCpy $Scope "user"
  ${ElseIf} ${Silent}
  ${AndIf} $R1 != "Admin"
    StrCpy $Scope "user"
  ${Else}
    StrCpy $Scope "machine"
  ${EndIf}
  ${If} $Scope == "machine"
  ${AndIf} $R1 != "Admin"
    ${If} ${Silent}
      !insertmacro Fail ${EXIT_NOT_ADMIN} "$(NOT_ADMIN)"
    ${ElseIf} $ScopeAsked == "machine"
      Call Elevate
      StrCpy $ScopeAsked "" ; refused: ask on the page
    ${EndIf}
  ${EndIf}
  Call UseScope
FunctionEnd

; Start again as administrator and leave; comes back where the person refuses.
Function Elevate
  ${GetParameters} $R0
  StrCpy $R1 "en"
  ${If} $LANGUAGE == ${LANG_JAPANESE}
    StrCpy $R1 "ja"
  ${EndIf}
  ${If} $FolderAsked != ""
    StrCpy $R2 " /D=$FolderAsked"
  ${Else}
    StrCpy $R2 ""
  ${EndIf}
  ClearErrors
  ExecShell "runas" "$EXEPATH" "$R0 /AllUsers /LANG=$R1$R2"
  ${IfNot} ${Errors}
    Quit
  ${EndIf}
  MessageBox MB_OK|MB_ICONEXCLAMATION "$(NOT_ADMIN)" /SD IDOK
FunctionEnd

Function ShowScopes
  ${If} $ScopeAsked != ""
    Abort ; nothing to choose: on to the next page
  ${EndIf}
  !insertmacro MUI_HEADER_TEXT "$(SCOPE_TITLE)" "$(SCOPE_SUBTITLE)"
  nsDialogs::Create 1018
  Pop $R0
  ${NSD_CreateRadioButton} 0 10u 100% 12u "$(SCOPE_MACHINE)"
  Pop $ForMachine
  ${NSD_CreateLabel} 12u 24u -12u 34u "$(SCOPE_MACHINE_HINT)"
  Pop $R0
  ${NSD_CreateRadioButton} 0 64u 100% 12u "$(SCOPE_USER)"
  Pop $ForUser
  ${NSD_CreateLabel} 12u 78u -12u 34u "$(SCOPE_USER_HINT)"
  Pop $R0
  ${If} $Scope == "machine"
    ${NSD_Check} $ForMachine
    ${NSD_SetFocus} $ForMachine
  ${Else}
    ${NSD_Check} $ForUser
    ${NSD_SetFocus} $ForUser
  ${EndIf}
  nsDialogs::Show
FunctionEnd

Function LeaveScopes
  ${NSD_GetState} $ForMachine $R0
  StrCpy $Scope "user"
  ${If} $R0 == ${BST_CHECKED}
    StrCpy $Scope "machine"
    !insertmacro IsAdmin $R1
    ${If} $R1 != "Admin"
      Call Elevate
      Abort ; refused: stay on the page
    ${EndIf}
  ${EndIf}
  Call UseScope
  Call TakeChoices
FunctionEnd

; The program reads this file beside itself to know where its data lies.
Function MarkInstallation
  FileOpen $R0 "$INSTDIR\${MARK}" w
  FileWrite $R0 '{"data": "$Scope"}$\n'
  FileClose $R0
FunctionEnd

; Every account of this computer may change the common data: records of all shifts go into one log.
Function MakeDataFolder
  CreateDirectory "$DataFolder"
  ${If} $Scope == "machine"
    ; S-1-5-32-545 is the group of all users, whatever Windows calls it in its language.
    nsExec::Exec '"$SYSDIR\icacls.exe" "$DataFolder" /grant *S-1-5-32-545:(OI)(CI)M /Q'
    Pop $R0
    ${If} $R0 != 0
      !insertmacro Fail ${EXIT_ABORTED} "$(NO_RIGHTS)"
    ${EndIf}
  ${EndIf}
FunctionEnd
