; Every sentence of the installer, in both languages side by side. $NAMES are filled in when it is shown.

!macro Word NAME_OF_IT ENGLISH JAPANESE
  LangString ${NAME_OF_IT} ${LANG_ENGLISH} "${ENGLISH}"
  LangString ${NAME_OF_IT} ${LANG_JAPANESE} "${JAPANESE}"
!macroend

LicenseLangString LICENCE_FILE ${LANG_ENGLISH} "${PARTS}\licence.en.txt"
LicenseLangString LICENCE_FILE ${LANG_JAPANESE} "${PARTS}\licence.ja.txt"

!insertmacro Word LANGUAGE_CODE "en" "ja"

; -- pages
!insertmacro Word WELCOME \
  "This installs ${NAME} ${VERSION}, visual inspection without internet.$\r$\n$\r$\nWhere ${NAME} is installed already, it is updated or repaired; records, recipes and settings stay as they are.$\r$\n$\r$\nClose ${NAME} before you go on." \
  "インターネット不要の外観検査ソフト ${NAME} ${VERSION} をインストールします。$\r$\n$\r$\nすでにインストールされている場合は、更新または修復します。検査記録・レシピ・設定はそのまま残ります。$\r$\n$\r$\n続ける前に ${NAME} を終了してください。"
!insertmacro Word SCOPE_TITLE "Who will use it?" "使用するユーザー"
!insertmacro Word SCOPE_SUBTITLE "For everybody on this computer, or for your account only." "このコンピューターの全員で使うか、自分のアカウントだけで使うかを選びます。"
!insertmacro Word SCOPE_MACHINE "For &everybody on this computer (recommended on the line)" "このコンピューターの全員(&A)(検査ラインではこちらを推奨)"
!insertmacro Word SCOPE_MACHINE_HINT \
  "Needs an administrator. All accounts share the records, recipes and model packs." \
  "管理者の権限が必要です。検査記録・レシピ・モデルパックを全アカウントで共有します。"
!insertmacro Word SCOPE_USER "For &me only" "自分だけ(&M)"
!insertmacro Word SCOPE_USER_HINT \
  "Needs no administrator. Records, recipes and model packs lie in your own account." \
  "管理者の権限は不要です。検査記録・レシピ・モデルパックは自分のアカウントに保存されます。"
!insertmacro Word FINISHED "${NAME} ${VERSION} is ready on this computer." "${NAME} ${VERSION} を使用できるようになりました。"
!insertmacro Word START_NOW "&Start ${NAME}" "${NAME} を起動する(&S)"
!insertmacro Word REMOVE_TITLE "Remove ${NAME}" "${NAME} のアンインストール"
!insertmacro Word REMOVE_SUBTITLE "The program goes; the data stays unless you say otherwise." "プログラムを削除します。指定しないかぎりデータは残ります。"
!insertmacro Word REMOVE_WORDS \
  "${NAME} will be removed from $INSTDIR." \
  "$INSTDIR から ${NAME} を削除します。"
!insertmacro Word REMOVE_DATA "&Delete the data as well" "データも削除する(&D)"
!insertmacro Word REMOVE_DATA_HINT \
  "All inspection records, pictures, recipes, model packs and settings in $DataFolder." \
  "$DataFolder にある検査記録・画像・レシピ・モデルパック・設定のすべてが対象です。"
!insertmacro Word REMOVE_DATA_SURE \
  "All inspection records, pictures, recipes, model packs and settings in $DataFolder will be deleted for good. Go on?" \
  "$DataFolder にある検査記録・画像・レシピ・モデルパック・設定を完全に削除します。よろしいですか?"

; -- components
!insertmacro Word PROGRAM "${NAME} (program)" "${NAME}(プログラム本体)"
!insertmacro Word PROGRAM_HINT "The window, the command line and the demonstration pack." "画面、コマンドライン、デモ用パック。"
!insertmacro Word GPU "GPU support (NVIDIA)" "GPU 対応(NVIDIA)"
!insertmacro Word GPU_HINT "Needs an NVIDIA card with its driver." "NVIDIA のグラフィックカードとドライバーが必要です。"
!insertmacro Word ASSOCIATE "Open packs and recipes by double-click" "パックとレシピをダブルクリックで開く"
!insertmacro Word ASSOCIATE_HINT "Files that end in .cranepack and .cranerecipe open with ${NAME}." "拡張子 .cranepack と .cranerecipe を ${NAME} に関連付けます。"
!insertmacro Word DESKTOP "Icon on the desktop" "デスクトップのアイコン"
!insertmacro Word DESKTOP_HINT "Starts the program from the desktop." "デスクトップから起動できます。"
!insertmacro Word NOTES "Camera notes" "カメラ接続の手引き"
!insertmacro Word NOTES_HINT "What to set up for GigE and USB3 cameras, as a text file." "GigE/USB3 カメラの準備をまとめたテキストファイル。"
!insertmacro Word PACKS "Model packs beside this installer" "同じフォルダーのモデルパック"
!insertmacro Word PACKS_HINT "Each is checked on this computer before it is taken over; that takes minutes." "このコンピューターで 1 個ずつ検証してから取り込みます。数分かかります。"

; -- what Windows shows
!insertmacro Word PACK_TYPE "${NAME} model pack" "${NAME} モデルパック"
!insertmacro Word RECIPE_TYPE "${NAME} recipe" "${NAME} レシピ"
!insertmacro Word UNINSTALL_SHORTCUT "Remove ${NAME}" "${NAME} のアンインストール"
!insertmacro Word LICENCES_SHORTCUT "Licences" "ライセンス"
!insertmacro Word NOTES_SHORTCUT "Camera notes" "カメラ接続の手引き"

; -- why it does not go on
!insertmacro Word BAD_SWITCH \
  "The installer does not know $R3. It knows /S /AllUsers /CurrentUser /LANG=ja|en /DESKTOP=0|1 /ASSOCIATE=0|1 /NOTES=0|1 /PACKS=0|1 /GPU=0|1 /DOWNGRADE /D=FOLDER; for removal /S /REMOVEDATA /LANG=ja|en." \
  "スイッチ $R3 は使えません。使えるのは /S /AllUsers /CurrentUser /LANG=ja|en /DESKTOP=0|1 /ASSOCIATE=0|1 /NOTES=0|1 /PACKS=0|1 /GPU=0|1 /DOWNGRADE /D=フォルダー、削除時は /S /REMOVEDATA /LANG=ja|en です。"
!insertmacro Word NOT_ADMIN \
  "For everybody on this computer only an administrator can do this. Start it as administrator, or install it for your account only (/CurrentUser)." \
  "このコンピューターの全員を対象とするには管理者の権限が必要です。管理者として実行するか、自分のアカウントだけにインストールしてください(/CurrentUser)。"
!insertmacro Word RUNNING "${NAME} is running. Close it, in other sessions of this computer too, and try again." "${NAME} が実行中です。このコンピューターの他のセッションも含めて終了してから、再度実行してください。"
!insertmacro Word FILE_IN_USE "The file $R3 is in use. Close what uses it, and start the installer again." "ファイル $R3 が使用中です。使用しているプログラムを終了して、インストーラーを再度実行してください。"
!insertmacro Word NEWER_INSTALLED \
  "${NAME} $PreviousVersion is installed, which is newer than ${VERSION}. The older version may be unable to read its data. Install it all the same?" \
  "より新しい ${NAME} $PreviousVersion がインストールされています。古い ${VERSION} ではデータを読めないことがあります。それでもインストールしますか?"
!insertmacro Word NO_SPACE "There is not enough free space for $INSTDIR. Free some, or choose another drive." "$INSTDIR の空き容量が不足しています。空きを増やすか、別のドライブを選んでください。"
!insertmacro Word OLD_WINDOWS "${NAME} needs Windows 10 or later." "${NAME} には Windows 10 以降が必要です。"
!insertmacro Word NOT_WRITTEN "A file could not be written into $INSTDIR. Check the drive and its rights, and start the installer again." "$INSTDIR にファイルを書き込めません。ドライブとアクセス権を確認して、インストーラーを再度実行してください。"
!insertmacro Word NO_RIGHTS "The rights of the data folder $DataFolder could not be set. Check them, and start the installer again." "データフォルダー $DataFolder のアクセス権を設定できません。確認のうえ、インストーラーを再度実行してください。"
!insertmacro Word NOT_INSTALLED "${NAME} is not registered in $INSTDIR. Install it again in order to remove it." "$INSTDIR の ${NAME} は登録されていません。再度インストールしてから削除してください。"

; -- packs
!insertmacro Word PACK_CHECKED "The pack $R1 is checked on this computer..." "パック $R1 を検証しています..."
!insertmacro Word PACK_REFUSED "The pack $R1 was not taken over (code $R2). To see why: crane-inspector pack install $R1" "パック $R1 は取り込めませんでした(コード $R2)。理由の確認: crane-inspector pack install $R1"
!insertmacro Word PACKS_FAILED \
  "${NAME} is installed, but $PacksFailed of the $PacksFound model packs beside the installer failed the check. Copy them again. The reasons are in ${LOG_FILE} and in $DataFolder\logs." \
  "${NAME} はインストールされましたが、同じフォルダーのモデルパック $PacksFound 個のうち $PacksFailed 個が検証に失敗しました。コピーし直してください。理由は ${LOG_FILE} と $DataFolder\logs にあります。"
