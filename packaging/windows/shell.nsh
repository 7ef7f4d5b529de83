; What Windows knows about the program: start menu, file types, the list of installed programs.

!macro NotifyShell
  System::Call 'shell32::SHChangeNotify(i 0x08000000, i 0, p 0, p 0)' ; SHCNE_ASSOCCHANGED
!macroend

Function AddStartMenu
  CreateDirectory "$SMPROGRAMS\${NAME}"
  CreateShortcut "$SMPROGRAMS\${NAME}\${NAME}.lnk" "$INSTDIR\${WINDOW_EXE}"
  CreateShortcut "$SMPROGRAMS\${NAME}\$(UNINSTALL_SHORTCUT).lnk" "$INSTDIR\${UNINSTALLER}"
  ${If} ${FileExists} "$INSTDIR\_internal\crane_desktop\resources\licences\*.*"
    CreateShortcut "$SMPROGRAMS\${NAME}\$(LICENCES_SHORTCUT).lnk" "$INSTDIR\_internal\crane_desktop\resources\licences"
  ${EndIf}
  WriteRegStr SHCTX "Software\Microsoft\Windows\CurrentVersion\App Paths\${WINDOW_EXE}" "" "$INSTDIR\${WINDOW_EXE}"
  WriteRegStr SHCTX "Software\Microsoft\Windows\CurrentVersion\App Paths\${CONSOLE_EXE}" "" "$INSTDIR\${CONSOLE_EXE}"
FunctionEnd

!macro AssociateType EXTENSION PROGID WORDS ICON
  WriteRegStr SHCTX "Software\Classes\${PROGID}" "" "${WORDS}"
  WriteRegStr SHCTX "Software\Classes\${PROGID}\DefaultIcon" "" "$INSTDIR\${ICON},0"
  WriteRegStr SHCTX "Software\Classes\${PROGID}\shell\open\command" "" '"$INSTDIR\${WINDOW_EXE}" "%1"'
  WriteRegStr SHCTX "Software\Classes\${EXTENSION}" "" "${PROGID}"
  WriteRegStr SHCTX "Software\Classes\${EXTENSION}\OpenWithProgids" "${PROGID}" ""
!macroend

!macro ForgetType EXTENSION PROGID
  ReadRegStr $R0 SHCTX "Software\Classes\${EXTENSION}" ""
  ${If} $R0 == "${PROGID}" ; another program may have taken it over meanwhile
    DeleteRegValue SHCTX "Software\Classes\${EXTENSION}" ""
  ${EndIf}
  DeleteRegValue SHCTX "Software\Classes\${EXTENSION}\OpenWithProgids" "${PROGID}"
  DeleteRegKey /ifempty SHCTX "Software\Classes\${EXTENSION}\OpenWithProgids"
  DeleteRegKey /ifempty SHCTX "Software\Classes\${EXTENSION}"
  DeleteRegKey SHCTX "Software\Classes\${PROGID}"
!macroend

Function Associate
  !insertmacro AssociateType ".cranepack" "${NAME}.Pack.1" "$(PACK_TYPE)" "pack.ico"
  !insertmacro AssociateType ".cranerecipe" "${NAME}.Recipe.1" "$(RECIPE_TYPE)" "recipe.ico"
FunctionEnd

!macro RemoveShellFunction UN
Function ${UN}RemoveShell
  RMDir /r "$SMPROGRAMS\${NAME}" ; whatever the language was in which it was made
  Delete "$DESKTOP\${NAME}.lnk"
  !insertmacro ForgetType ".cranepack" "${NAME}.Pack.1"
  !insertmacro ForgetType ".cranerecipe" "${NAME}.Recipe.1"
  DeleteRegKey SHCTX "Software\Microsoft\Windows\CurrentVersion\App Paths\${WINDOW_EXE}"
  DeleteRegKey SHCTX "Software\Microsoft\Windows\CurrentVersion\App Paths\${CONSOLE_EXE}"
FunctionEnd
!macroend
!insertmacro RemoveShellFunction ""
!insertmacro RemoveShellFunction "un."

; The entry in "Apps", and what the next version's installer wants to know.
Function Register
  WriteRegStr SHCTX "${APP_KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr SHCTX "${APP_KEY}" "Version" "${VERSION}"
  WriteRegStr SHCTX "${APP_KEY}" "VersionOrder" "${VERSION_ORDER}"
  WriteRegStr SHCTX "${APP_KEY}" "DataFolder" "$DataFolder"
  WriteRegStr SHCTX "${APP_KEY}" "Language" "$(LANGUAGE_CODE)"
  Call KeepChoices

  WriteRegStr SHCTX "${UNINSTALL_KEY}" "DisplayName" "${NAME}"
  WriteRegStr SHCTX "${UNINSTALL_KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr SHCTX "${UNINSTALL_KEY}" "DisplayIcon" "$INSTDIR\${WINDOW_EXE},0"
  WriteRegStr SHCTX "${UNINSTALL_KEY}" "Publisher" "${PUBLISHER}"
  WriteRegStr SHCTX "${UNINSTALL_KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr SHCTX "${UNINSTALL_KEY}" "UninstallString" '"$INSTDIR\${UNINSTALLER}"'
  WriteRegStr SHCTX "${UNINSTALL_KEY}" "QuietUninstallString" '"$INSTDIR\${UNINSTALLER}" /S'
  WriteRegDWORD SHCTX "${UNINSTALL_KEY}" "NoModify" 1
  WriteRegDWORD SHCTX "${UNINSTALL_KEY}" "NoRepair" 1 ; running the same installer again repairs
  ${GetSize} "$INSTDIR" "/S=0K" $R0 $R1 $R2
  WriteRegDWORD SHCTX "${UNINSTALL_KEY}" "EstimatedSize" "$R0"
FunctionEnd
