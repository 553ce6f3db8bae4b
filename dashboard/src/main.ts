import { mount } from 'svelte'
import App from './app.svelte'
import './theme.css'

const target = document.getElementById('app')
if (target === null) throw new Error('the page has no #app')
mount(App, { target })
