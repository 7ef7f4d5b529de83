; Model packs beside the installer. They are too large to lie in it (NSIS ends at 2 GB); the program itself checks
; them, against FILE.sha256 beside them, their own seals, and their golden scores on this very computer.

Var PacksFound

Function LookForPacks
  StrCpy $PacksFound 0
  FindFirst $R0 $R1 "$EXEDIR\*.cranepack"
  ${DoWhile} $R1 != ""
    IntOp $PacksFound $PacksFound + 1
    FindNext $R0 $R1
  ${Loop}
  FindClose $R0
  ${If} $PacksFound = 0
    !insertmacro UnselectSection ${SecPacks}
    SectionSetText ${SecPacks} "" ; hidden: there is nothing to choose
  ${EndIf}
FunctionEnd

Function InstallPacks
  FindFirst $R0 $R1 "$EXEDIR\*.cranepack"
  ${DoWhile} $R1 != ""
    DetailPrint "$(PACK_CHECKED)"
    nsExec::Exec '"$INSTDIR\${CONSOLE_EXE}" pack install "$EXEDIR\$R1" --data-dir "$DataFolder"'
    Pop $R2
    ${If} $R2 != 0
      IntOp $PacksFailed $PacksFailed + 1
      !insertmacro Log "$(PACK_REFUSED)"
    ${EndIf}
    FindNext $R0 $R1
  ${Loop}
  FindClose $R0
FunctionEnd
