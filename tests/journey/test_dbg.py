from tests.journey.test_pages import *
def test_dbg(visitors):
    watch = visitors.watch("mara"); page = watch.context.new_page()
    page.goto("/sessions/record/")
    page.set_viewport_size({"width":320,"height":900})
    page.locator("[name=treatment]").focus()
    for i in range(8):
        page.keyboard.press("Tab")
        print(page.evaluate(rules.FOCUS), page.evaluate("() => [document.activeElement.matches(':focus-visible'), getComputedStyle(document.activeElement).outline]"))
        page.screenshot(path=f"/tmp/rec{i}.png")
    page.close()
    page = watch.context.new_page()
    page.goto("/caseload/"); page.screenshot(path="/tmp/case.png", full_page=True)
    watch = visitors.watch("noor"); page = watch.context.new_page()
    page.goto("/front-desk/"); page.screenshot(path="/tmp/desk.png", full_page=True)
    watch = visitors.watch("nobody"); page = watch.context.new_page()
    page.goto("/accounts/login/")
    page.evaluate(
        """() => document.querySelector("main").insertAdjacentHTML("beforeend",
        `<img src="https://elsewhere.example/x.png" style="color: red"><a href="/">${"x".repeat(99)}</a>`)"""
    )
    print(rules.too_wide(page), watch.complaints)
    print(faults(page))
    print(rules.too_wide(page), watch.complaints)
