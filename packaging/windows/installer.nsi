; CraneInspector's installer for Windows. Compiled by build.py, which says where everything lies:
;   VERSION, VERSION_ORDER, VERSION_NUMBERS, PUBLISHER, OUT_FILE, COMPRESSION, PARTS (folder of generated files)
; and, where there is any: WITH_GPU, SIGN.
; Silent switches and exit codes: README.md beside this file.

Unicode true
Target amd64-unicode
ManifestDPIAware true
ManifestSupportedOS all
RequestExecutionLevel user ; asks for more only where it installs for everybody (scope.nsh)

!if "${COMPRESSION}" == "lzma"
  SetCompressor /SOLID lzma
  SetCompressorDictSize 32
!else if "${COMPRESSION}" == "off"
  SetCompress off
!else
  SetCompressor ${COMPRESSION}
!endif

!define NAME "CraneInspector"
!define WINDOW_EXE "CraneInspector.exe"
!define CONSOLE_EXE "crane-inspector.exe"
!define UNINSTALLER "Uninstall.exe"
!define LIST "installed-files.txt"
!define MARK "installation.json"
!define APP_KEY "Software\${NAME}"
!define UNINSTALL_KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\${NAME}"

!include "MUI2.nsh"
!include "LogicLib.nsh"
!include "FileFunc.nsh"
!include "Sections.nsh"
!include "WinVer.nsh"
!include "WordFunc.nsh"
!include "x64.nsh"
!insertmacro GetParameters
!insertmacro VersionCompare

Name "${NAME} ${VERSION}"
OutFile "${OUT_FILE}"
BrandingText "${NAME} ${VERSION}"
ShowInstDetails nevershow
ShowUninstDetails nevershow
VIProductVersion "${VERSION_NUMBERS}"
VIAddVersionKey /LANG=0 "ProductName" "${NAME}"
VIAddVersionKey /LANG=0 "ProductVersion" "${VERSION}"
VIAddVersionKey /LANG=0 "FileVersion" "${VERSION}"
VIAddVersionKey /LANG=0 "FileDescription" "${NAME} Setup"
VIAddVersionKey /LANG=0 "CompanyName" "${PUBLISHER}"
VIAddVersionKey /LANG=0 "LegalCopyright" "${PUBLISHER}"

!ifdef SIGN
  !finalize '${SIGN} "%1"'
  !uninstfinalize '${SIGN} "%1"'
!endif

Var Scope           ; machine: for everybody, user: for this account only
Var ScopeAsked      ; what the command line says, or nothing
Var FolderAsked     ; /D= of the command line, or nothing
Var LanguageAsked   ; /LANG= of the command line, as Windows numbers it, or nothing
Var DataFolder      ; where the program will keep records, recipes and packs
Var PreviousFolder  ; where an earlier version lies, or nothing
Var PreviousVersion
Var PreviousOrder
Var MayGoBack       ; 1: an older version may replace a newer one
Var PacksFailed     ; how many packs beside the installer could not be taken over
Var RemoveData      ; 1: the uninstaller takes the data too

; -- pages -----------------------------------------------------------------------------------------------------

!define MUI_ICON "${PARTS}\crane.ico"
!define MUI_UNICON "${PARTS}\crane.ico"
!define MUI_WELCOMEFINISHPAGE_BITMAP "${PARTS}\welcome.bmp"
!define MUI_UNWELCOMEFINISHPAGE_BITMAP "${PARTS}\welcome.bmp"
!define MUI_HEADERIMAGE
!define MUI_HEADERIMAGE_BITMAP "${PARTS}\header.bmp"
!define MUI_HEADERIMAGE_RIGHT
!define MUI_ABORTWARNING
!define MUI_LANGDLL_ALWAYSSHOW
!define MUI_LANGDLL_ALLLANGUAGES
!define MUI_COMPONENTSPAGE_SMALLDESC
!define MUI_FINISHPAGE_NOAUTOCLOSE

!define MUI_WELCOMEPAGE_TEXT "$(WELCOME)"
!insertmacro MUI_PAGE_WELCOME
!insertmacro MUI_PAGE_LICENSE "$(LICENCE_FILE)"
Page custom ShowScopes LeaveScopes
!insertmacro MUI_PAGE_COMPONENTS
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!define MUI_FINISHPAGE_TEXT "$(FINISHED)"
!define MUI_FINISHPAGE_RUN
!define MUI_FINISHPAGE_RUN_TEXT "$(START_NOW)"
!define MUI_FINISHPAGE_RUN_FUNCTION StartProgram
!define MUI_FINISHPAGE_NOREBOOTSUPPORT
!insertmacro MUI_PAGE_FINISH

UninstPage custom un.ShowData un.LeaveData
!insertmacro MUI_UNPAGE_INSTFILES

!insertmacro MUI_LANGUAGE "English" ; the first one is for systems that speak neither
!insertmacro MUI_LANGUAGE "Japanese"
!insertmacro MUI_RESERVEFILE_LANGDLL
!include "words.nsh"
!include "fail.nsh"
!include "scope.nsh"
!include "arguments.nsh"
!include "previous.nsh"
!include "shell.nsh"

; -- what is installed -----------------------------------------------------------------------------------------

Section "!$(PROGRAM)" SecProgram
  SectionIn RO
  Call RefuseNewer
  Call RefuseRunning
  Call RefuseFullDisk
  Call RemovePrevious
  SetOverwrite on
  AllowSkipFiles off
  ClearErrors
  ; First the list of what will be there: whatever stops this, the next try finds everything and takes it away.
  SetOutPath "$INSTDIR"
  File "${PARTS}\${LIST}"
  !include "${PARTS}\payload.nsh"
  SetOutPath "$INSTDIR"
  File "/oname=pack.ico" "${PARTS}\pack.ico"
  File "/oname=recipe.ico" "${PARTS}\recipe.ico"
  ${If} ${Errors}
    !insertmacro Fail ${EXIT_ABORTED} "$(NOT_WRITTEN)"
  ${EndIf}
  Call MarkInstallation
  Call MakeDataFolder
  WriteUninstaller "$INSTDIR\${UNINSTALLER}"
  Call AddStartMenu
SectionEnd

!ifdef WITH_GPU
Section "$(GPU)" SecGpu
  !include "${PARTS}\gpu.nsh"
SectionEnd
!endif

Section "$(ASSOCIATE)" SecAssociate
  Call Associate
SectionEnd

Section "$(DESKTOP)" SecDesktop
  CreateShortcut "$DESKTOP\${NAME}.lnk" "$INSTDIR\${WINDOW_EXE}"
SectionEnd

Section "$(NOTES)" SecNotes
  SetOutPath "$INSTDIR\notes"
  File "${PARTS}\camera-notes.en.txt"
  File "${PARTS}\camera-notes.ja.txt"
  CreateShortcut "$SMPROGRAMS\${NAME}\$(NOTES_SHORTCUT).lnk" "$INSTDIR\notes\camera-notes.$(LANGUAGE_CODE).txt"
SectionEnd

Section "$(PACKS)" SecPacks
  Call InstallPacks
SectionEnd

Section "-after"
  SetOutPath "$INSTDIR"
  Call Register
  !insertmacro NotifyShell
  ${If} $PacksFailed > 0
    !insertmacro Log "$(PACKS_FAILED)"
    MessageBox MB_OK|MB_ICONEXCLAMATION "$(PACKS_FAILED)" /SD IDOK
    SetErrorLevel ${EXIT_PACK_REFUSED}
  ${EndIf}
SectionEnd

!insertmacro MUI_FUNCTION_DESCRIPTION_BEGIN
  !insertmacro MUI_DESCRIPTION_TEXT ${SecProgram} "$(PROGRAM_HINT)"
  !ifdef WITH_GPU
  !insertmacro MUI_DESCRIPTION_TEXT ${SecGpu} "$(GPU_HINT)"
  !endif
  !insertmacro MUI_DESCRIPTION_TEXT ${SecAssociate} "$(ASSOCIATE_HINT)"
  !insertmacro MUI_DESCRIPTION_TEXT ${SecDesktop} "$(DESKTOP_HINT)"
  !insertmacro MUI_DESCRIPTION_TEXT ${SecNotes} "$(NOTES_HINT)"
  !insertmacro MUI_DESCRIPTION_TEXT ${SecPacks} "$(PACKS_HINT)"
!insertmacro MUI_FUNCTION_DESCRIPTION_END

!include "choices.nsh"
!include "packs.nsh"

Function .onInit
  SetRegView 64
  StrCpy $FolderAsked $INSTDIR ; there is no default: only /D= can have put something here
  StrCpy $PacksFailed 0
  Call ReadLanguage
  Call ReadArguments
  ${If} $LanguageAsked != ""
    StrCpy $LANGUAGE $LanguageAsked
  ${Else}
    !insertmacro MUI_LANGDLL_DISPLAY ; shows nothing in silent mode
  ${EndIf}
  ${IfNot} ${AtLeastWin10}
    !insertmacro Fail ${EXIT_OLD_WINDOWS} "$(OLD_WINDOWS)"
  ${EndIf}
  Call ChooseScope
  Call LookForPacks
  Call TakeChoices
FunctionEnd

Function StartProgram
  ; Through Explorer: an installer that runs with an administrator's rights must not hand them on.
  Exec '"$WINDIR\explorer.exe" "$INSTDIR\${WINDOW_EXE}"'
FunctionEnd

!include "uninstall.nsh"
