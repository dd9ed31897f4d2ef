"""What `laidan import orders` is made of: conversion, what is missing, the account, progress."""
