; Which components: what the command line says, else what was chosen the last time, else as they are preset.

!macro TakeChoice SECTION NAME_IN_REGISTRY ASKED
  StrCpy $R0 ${ASKED}
  ${If} $R0 == ""
    ReadRegStr $R0 SHCTX "${APP_KEY}" "${NAME_IN_REGISTRY}"
  ${EndIf}
  ${If} $R0 == "0"
    !insertmacro UnselectSection ${SECTION}
  ${ElseIf} $R0 == "1"
    !insertmacro SelectSection ${SECTION}
  ${EndIf}
!macroend

!macro KeepChoice SECTION NAME_IN_REGISTRY
  StrCpy $R0 "0"
  ${If} ${SectionIsSelected} ${SECTION}
    StrCpy $R0 "1"
  ${EndIf}
  WriteRegStr SHCTX "${APP_KEY}" "${NAME_IN_REGISTRY}" "$R0"
!macroend

Function TakeChoices
  !ifdef WITH_GPU
    ${IfNot} ${FileExists} "$SYSDIR\nvcuda.dll" ; no NVIDIA driver, no use for it
      !insertmacro UnselectSection ${SecGpu}
    ${EndIf}
    !insertmacro TakeChoice ${SecGpu} "Gpu" $AskGpu
  !endif
  !insertmacro TakeChoice ${SecAssociate} "Associate" $AskAssociate
  !insertmacro TakeChoice ${SecDesktop} "Desktop" $AskDesktop
  !insertmacro TakeChoice ${SecNotes} "Notes" $AskNotes
  ${If} $AskPacks == "0"
    !insertmacro UnselectSection ${SecPacks}
  ${EndIf}
FunctionEnd

Function KeepChoices
  !ifdef WITH_GPU
    !insertmacro KeepChoice ${SecGpu} "Gpu"
  !endif
  !insertmacro KeepChoice ${SecAssociate} "Associate"
  !insertmacro KeepChoice ${SecDesktop} "Desktop"
  !insertmacro KeepChoice ${SecNotes} "Notes"
FunctionEnd
