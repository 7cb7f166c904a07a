@echo off
rem Installs aponta into a folder of its own, from the wheels beside this file; no network is asked for anything.
setlocal
set "into=%~1"
if not defined into set "into=%CD%\aponta"
if not defined PYTHON set "PYTHON=py -3"
%PYTHON% -m venv "%into%" || exit /b 1
"%into%\Scripts\python.exe" -m pip --isolated install --no-index --find-links "%~dp0wheels" "aponta[postgresql]" || exit /b 1
"%into%\Scripts\aponta.exe" --version
