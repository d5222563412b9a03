from pathlib import Path
from browsing import Reader, PHONE, DESKTOP
from factories import ALICE
from lender import Lender, CALLBACK
from sqlalchemy import update
from exchange.store.tables.subject import subject
import pytest, os
def test_try(served, browser):
    key = served.borrower(ALICE)
    l = Lender.registered(served); bank2 = served.bank("clover-finance", name="Clover Consumer Finance")
    with served.engine.begin() as c: c.execute(update(subject).values(synthetic_identity=True))
    a = served.account(key, "harbour-bank", history_codes="NN11NNN2321N"+"N"*12)
    served.account(key, "clover-finance", product="CREDIT_CARD", portfolio="REVOLVING", credit_limit_minor=3000000, state="OVERDUE", past_due_minor=80000)
    served.delinquency(key, a, "harbour-bank")
    out = Path("/tmp/e-shots"); 
    lang = os.environ.get("L", "en")
    for name, screen in (("phone", PHONE), ("desktop", DESKTOP)):
        with Reader.sitting_at(browser, served.settings.issuer, screen) as r:
            p = r.page
            p.set_default_timeout(4000)
            p.route("https://harbour-bank.example/**", lambda route: route.fulfill(body="<title>Harbour</title>back at the bank", content_type="text/html"))
            def shot(label):
                p.screenshot(path=out/f"{lang}-{label}-{name}.png", full_page=True); print(label, name, p.title(), r.violations(), r.refused); r.refused.clear()
            r.go("/?lang="+lang); shot("front")
            r.go("/enrol")
            try:
                p.click(".govuk-button--start"); shot("enrol2")
                p.fill("#id_number", ALICE.id_number); p.click("main button[type=submit]"); shot("first-passkey")
                p.click("main button[type=submit]"); p.wait_for_url("**/security"); shot("security")
                served.integrate()
                address = l.request_consent()
                r.go(address); shot("request")
                p.click("[data-passkey-button]"); p.wait_for_url(CALLBACK+"**"); print(p.url)
                cid = l.redeem(p.url)
                print(l.ask(cid).get_json()["data"]["creditReport"]["summary"], str(bank2.ask(ALICE, cid).get_json())[:200])
                served.integrate()
                r.go("/home"); shot("home")
                r.go("/consents"); shot("consents")
                r.go("/consents/new"); shot("give")
                p.click("main button[type=submit]"); shot("give-bad")
                p.select_option("#recipient", "clover-finance"); p.check("input[value=CARD_APPROVAL]"); p.check("input[value=ACCOUNTS]"); p.check("input[name=years][value='2']"); p.check("input[value=ONCE]"); p.check("input[value=VIEW]"); p.check("input[name=days][value='30']")
                p.click("main button[type=submit]"); shot("check")
                p.click("[data-passkey-button]"); p.wait_for_url("**/consents/*-*"); shot("given")
                r.go("/looks"); shot("looks")
                ls=p.eval_on_selector_all(".ob-card__heading a", "e => e.map(x => x.href)")
                for i,h in enumerate(ls[:3]): p.goto(h); shot(f"look{i}")
                r.go(f"/consents/{cid}"); shot("consent")
                r.go(f"/consents/{cid}/withdraw"); shot("withdraw")
                p.click("main button[type=submit]"); shot("withdrawn")
                print(str(l.ask(cid).get_json())[:600])
                r.go(f"/consents/{cid}"); shot("consent-withdrawn")
                r.go("/freeze"); shot("freeze")
                r.go("/report"); shot("report0")
                p.click("main button[type=submit] >> nth=0"); shot("report")
                p.eval_on_selector_all("details", "e => e.map(x => x.open = true)"); shot("report-open")
                r.go("/report/statement"); shot("statement")
                p.click("main button[type=submit]"); shot("statement-bad")
                r.go("/nothing"); shot("404")
            except Exception as e:
                print(p.url, str(e)[:300]); print(p.inner_text("body")[:3000])
                import traceback; traceback.print_exc()
