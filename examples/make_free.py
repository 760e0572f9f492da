"""The sample archive in free text: eight past projects of an invented agency, as the files that agencies keep.

Enters: the texts below. Leaves: examples/free/PROJECT/ with a brief and a plan each, as DOCX, PDF, ODT, HTML, EML.
The files can be remade at any time; the same text gives the same bytes. PDF files need the font DejaVu Sans.
Try: pip install -e '.[test]' && python examples/make_free.py

The texts are written in a little Markdown: headings, paragraphs, lists, numbered lists, pipe tables. `{total}` is the
sum of the numbers above it in its column.
"""

from __future__ import annotations

import argparse
import io
import re
import zipfile
from collections.abc import Callable
from email.message import EmailMessage
from html import escape
from pathlib import Path

FONTS = (
    "/usr/share/fonts/truetype/dejavu",
    "/usr/share/fonts/dejavu-sans-fonts",
    "/usr/share/fonts/TTF",
    "/Library/Fonts",
    "C:/Windows/Fonts",
)
STAMP = (2026, 1, 15, 9, 0, 0)

BRIEFS: dict[str, str] = {}
PLANS: dict[str, str] = {}

BRIEFS["crane-hire/brief.docx"] = """
# Hire desk for mobile cranes

Hadley Lifting hires out eleven mobile cranes with their drivers across two counties. Today everything hangs on one
whiteboard and on the memory of Moira, who retires in spring.

## What we want

- Customers must be able to ask for a crane online, with the weight to lift, the reach and the date.
- The desk has to see at a glance which crane and which driver is free on a day.
- A crane whose inspection has expired must never be offered.
- Drivers should see their jobs of the week on their own phone, even without a signal on site.
- After the job the customer signs on the driver's phone.
- The signed sheet goes to the office and to the customer by e-mail within five minutes.

## What we have

| Crane | Capacity | Inspection due |
|---|---|---|
| Number 3 | 40 t | 14 March 2026 |
| Number 7 | 60 t | 2 September 2026 |
| Number 11 | 100 t | 30 June 2026 |

We keep invoices in our accounting package and do not want to change that. Prices are negotiated by telephone and must
not appear online. Our budget is £38,000, and the desk has to run before Moira leaves on 30 April 2026.

Tom Hadley, tom@hadleylifting.example
"""
PLANS["crane-hire/plan.pdf"] = """
# Hadley Lifting: hire desk

Prepared by Northquay Studio, version 2, 19 January 2026.

## Scope

- Customers ask for a crane online with weight, reach and date.
- The desk sees free cranes and drivers for each day.
- Cranes with an expired inspection are left out of every offer.
- Drivers see their week on the phone, also without a signal.
- The customer signs on the phone; the signed sheet is mailed within five minutes.

## Out of scope

Invoicing, online prices and changes to the accounting package.

## Work packages

- WP1 Request form: fields, validation, confirmation by e-mail.
- WP2 Planning board: cranes and drivers by day, drag and drop, conflict warnings.
- WP3 Inspection register: due dates, reminders 30 and 7 days ahead, block on expiry.
- WP4 Driver app: week view, offline store, synchronisation.
- WP5 Signature and job sheet: drawing pad, PDF, mail queue.
- WP6 Launch: import of customers and cranes, training for two people, two weeks of support.

## Effort

| Package | Role | Hours |
|---|---|---|
| WP1 Request form | Web | 34 |
| WP2 Planning board | Web | 96 |
| WP3 Inspection register | Backend | 42 |
| WP4 Driver app | Mobile | 118 |
| WP5 Signature and job sheet | Mobile | 54 |
| WP6 Launch | Lead | 40 |
| Total | | {total} |

## Timeline

| Phase | From | To |
|---|---|---|
| Design of board and app | 26 January 2026 | 6 February 2026 |
| WP1 to WP3 | 9 February 2026 | 13 March 2026 |
| WP4 and WP5 | 16 February 2026 | 10 April 2026 |
| Trial with two drivers | 13 April 2026 | 17 April 2026 |
| Launch | 20 April 2026 | 24 April 2026 |

## Risks

- Two drivers change the same job while offline. We keep both versions and the desk decides. Likelihood medium.
- Moira leaves before the trial. We record three sessions with her in the first week. Likelihood low.

## Open points

- Who may overrule the inspection block, and is it ever allowed?
- Does the signature have to meet a legal standard, or is a drawing enough?
"""

BRIEFS["parcare-riverani/brief.docx"] = """
# Abonamente de parcare pentru riverani

Primăria orașului nostru eliberează abonamente de parcare la ghișeu. În ianuarie oamenii stau la coadă și trei ore, iar
colegele de la ghișeu introduc aceleași date de două ori.

## Ce ne dorim

- Riveranul trebuie să poată cere abonamentul de pe telefon, cu talonul mașinii și cartea de identitate fotografiate.
- Cererea trebuie verificată de un funcționar în cel mult două zile lucrătoare.
- Plata se face online, cu cardul, iar abonamentul vine prin e-mail.
- Agenții din teren trebuie să verifice un număr de înmatriculare în câteva secunde.
- Cine are două mașini plătește dublu pentru a doua.
- Fotografiile actelor se șterg la 30 de zile după aprobare.

## Cifre

| Zonă | Locuri | Cereri pe an |
|---|---|---|
| Centru | 420 | 1.150 |
| Gării | 310 | 640 |
| Parcului | 180 | 205 |

Nu vrem să schimbăm programul de contabilitate. Bugetul aprobat este de 145.000 lei, iar sistemul trebuie să meargă de
la 1 decembrie 2026, înainte de reînnoirile din ianuarie.

Serviciul Parcări, parcari@primaria.example
"""
PLANS["parcare-riverani/plan.docx"] = """
# Primărie: abonamente de parcare

Întocmit de Northquay Studio, versiunea 1, 4 septembrie 2026.

## Domeniu

- Riveranul cere abonamentul de pe telefon și încarcă fotografiile actelor.
- Funcționarul verifică cererea în cel mult două zile lucrătoare.
- Plata online cu cardul și trimiterea abonamentului prin e-mail.
- Agentul din teren verifică numărul de înmatriculare.
- Tariful se dublează pentru a doua mașină.
- Fotografiile se șterg la 30 de zile după aprobare.

## În afara domeniului

Contabilitatea și amenzile.

## Pachete de lucru

- PL1 Cererea: formular pe telefon, fotografii, salvare și continuare.
- PL2 Verificarea: lista cererilor, termen de două zile, motive de respingere.
- PL3 Plata: card, tarife pe zone, a doua mașină, chitanță.
- PL4 Controlul: căutare după număr, mod fără semnal.
- PL5 Datele personale: ștergere automată la 30 de zile, jurnal de acces.
- PL6 Lansarea: preluarea abonamentelor existente, instruire pentru șase persoane.

## Efort

| Pachet | Rol | Ore |
|---|---|---|
| PL1 Cererea | Web | 64 |
| PL2 Verificarea | Web | 58 |
| PL3 Plata | Server | 46 |
| PL4 Controlul | Mobil | 52 |
| PL5 Datele personale | Server | 28 |
| PL6 Lansarea | Coordonare | 36 |
| Total | | {total} |

## Calendar

| Etapă | De la | Până la |
|---|---|---|
| Schițe și probă la ghișeu | 14 septembrie 2026 | 25 septembrie 2026 |
| PL1 și PL2 | 28 septembrie 2026 | 23 octombrie 2026 |
| PL3 până la PL5 | 12 octombrie 2026 | 13 noiembrie 2026 |
| Probă cu zona Parcului | 16 noiembrie 2026 | 20 noiembrie 2026 |
| Lansare | 23 noiembrie 2026 | 27 noiembrie 2026 |

## Riscuri

- Fotografiile sunt neclare și cererile se întorc. Telefonul verifică claritatea înainte de trimitere. Probabilitate mare.
- Contractul cu banca se semnează târziu. Pornim cu plata la ghișeu. Probabilitate medie.

## Puncte deschise

- Ce se întâmplă cu abonamentul când riveranul își vinde mașina?
- Poate cere abonament cineva care stă cu chirie?
"""

BRIEFS["kiln-club/brief.eml"] = """
From: Ruth Abena <ruth@clayhouse.example>
To: hello@northquay.example
Subject: Kiln slots for our pottery studio
Date: Mon, 2 Mar 2026 19:42:00 +0000

Hello Northquay,

we are a shared pottery studio with 140 members and three kilns. Members write their pots on a paper list by the door,
and twice last month a glaze firing was opened at 600 degrees because nobody knew whose it was.

What I would like:

- Members book shelf space in a firing, not a whole kiln.
- Each firing has a type (bisque, stoneware or raku), and a pot of the wrong clay must be refused.
- When a firing is full, members can join a waiting list.
- The technician gets a list of shelves on a tablet on the morning of the firing.
- Members are told when their pots can be collected, and again after seven days.
- Firing costs are charged to the member's account by the litre of shelf space: £0.90 for bisque, £1.40 for stoneware.

We do not want members to pay by card in the app, they get one bill a month. About £14,000 is set aside, and it would be
lovely to start with the summer term on 8 June 2026.

Many thanks,
Ruth
"""
PLANS["kiln-club/plan.docx"] = """
# Clayhouse: kiln slots

Prepared by Northquay Studio, version 1, 11 March 2026.

## Scope

- Members book shelf space in a firing.
- A pot whose clay does not fit the type of firing is refused.
- A full firing has a waiting list.
- The technician sees the list of shelves on the tablet.
- Members are told when pots can be collected, and reminded after seven days.
- Firings are charged to the account by the litre.

## Out of scope

Card payments, membership fees and the control of the kilns themselves.

## Work packages

1. WP1 Firings: calendar, types, clay rules, shelf volume.
2. WP2 Booking: pots with size and clay, waiting list, cancellation until 18:00 on the day before.
3. WP3 Tablet list: shelves, tick when loaded, works without network.
4. WP4 Messages: collection notice, reminder after seven days.
5. WP5 Accounts: price by litre and type, monthly bill as a file for the treasurer.
6. WP6 Launch: import of members, an evening of training.

## Effort

| Package | Role | Hours |
|---|---|---|
| WP1 Firings | Backend | 30 |
| WP2 Booking | Web | 48 |
| WP3 Tablet list | Web | 24 |
| WP4 Messages | Backend | 14 |
| WP5 Accounts | Backend | 26 |
| WP6 Launch | Lead | 12 |
| Total | | {total} |

## Timeline

| Phase | From | To |
|---|---|---|
| Sketches with three members | 23 March 2026 | 27 March 2026 |
| WP1 and WP2 | 30 March 2026 | 24 April 2026 |
| WP3 to WP5 | 20 April 2026 | 15 May 2026 |
| Trial with one kiln | 18 May 2026 | 29 May 2026 |
| Launch | 1 June 2026 | 5 June 2026 |

## Risks

- Members measure their pots wrongly. The technician can correct the size when loading. Likelihood high.
- The tablet is splashed or lost. The list can be printed. Likelihood medium.

## Open points

- May a member book for somebody else?
- What is charged when a firing fails?
"""

BRIEFS["tabara-teatru/brief.pdf"] = """
# Înscrieri la tabăra de teatru

Asociația Cortina organizează în fiecare vară șase serii de tabără de teatru pentru copii între 9 și 16 ani. Anul trecut
am primit 480 de cereri prin e-mail pentru 240 de locuri și am uitat de doi copii alergici la nuci.

## Ce avem nevoie

- Părintele trebuie să poată înscrie copilul online și să aleagă seria.
- Fișa medicală și alergiile sunt obligatorii.
- Locurile se dau în ordinea înscrierii, dar frații rămân împreună.
- Cine nu prinde loc intră pe o listă de așteptare.
- Avansul de 300 de lei se plătește în cinci zile, altfel locul trece mai departe.
- Monitorul trebuie să vadă pe telefon alergiile și numărul de urgență al părintelui.
- Datele medicale se șterg la o lună după tabără.

Nu vrem cont pentru copii și nici fotografii publicate. Avem 62.000 de lei din proiect, iar înscrierile se deschid pe
2 martie 2027.

Ilinca Dobre, coordonatoare
"""
PLANS["tabara-teatru/plan.pdf"] = """
# Cortina: înscrieri la tabără

Întocmit de Northquay Studio, versiunea 1, 12 noiembrie 2026.

## Domeniu

- Părintele înscrie copilul online și alege seria.
- Fișa medicală și alergiile sunt obligatorii.
- Locurile se dau în ordine, iar frații rămân împreună.
- Listă de așteptare pentru fiecare serie.
- Avansul de 300 de lei se plătește în cinci zile.
- Monitorul vede alergiile și numărul de urgență pe telefon.
- Datele medicale se șterg la o lună după tabără.

## În afara domeniului

Conturi pentru copii și publicarea de fotografii.

## Pachete de lucru

- PL1 Înscrierea: formular, serii, frați, confirmare.
- PL2 Fișa medicală: câmpuri obligatorii, criptare, ștergere automată.
- PL3 Locurile: ordine, listă de așteptare, termen de cinci zile.
- PL4 Plata: avans cu cardul sau prin bancă, potrivirea plăților.
- PL5 Lista monitorului: telefon, alergii, urgențe, fără semnal.
- PL6 Lansarea: probă cu zece părinți, instruire.

## Efort

| Pachet | Rol | Ore |
|---|---|---|
| PL1 Înscrierea | Web | 44 |
| PL2 Fișa medicală | Server | 32 |
| PL3 Locurile | Server | 30 |
| PL4 Plata | Server | 34 |
| PL5 Lista monitorului | Mobil | 38 |
| PL6 Lansarea | Coordonare | 16 |
| Total | | {total} |

## Calendar

| Etapă | De la | Până la |
|---|---|---|
| Schițe | 30 noiembrie 2026 | 4 decembrie 2026 |
| PL1 și PL2 | 7 decembrie 2026 | 15 ianuarie 2027 |
| PL3 și PL4 | 11 ianuarie 2027 | 5 februarie 2027 |
| PL5 | 1 februarie 2027 | 12 februarie 2027 |
| Probă și lansare | 15 februarie 2027 | 26 februarie 2027 |

## Riscuri

- Toți părinții intră în primul minut. Facem o probă de încărcare cu 600 de cereri. Probabilitate mare.
- Datele medicale ajung la cine nu trebuie. Doar monitorul seriei le vede. Probabilitate mică.

## Puncte deschise

- Ce se întâmplă cu avansul când copilul se retrage?
- Cine hotărăște când frații nu încap amândoi?
"""

BRIEFS["trail-wardens/brief.html"] = """
# Fault reports for footpaths

The Fellside Path Trust looks after 900 km of footpaths with 70 volunteer wardens. Walkers send us photographs of broken
stiles by every road there is, and we lose about a third of them.

## What it must do

- A walker can report a fault with a photograph and the place, without an account.
- The nearest warden must be told the same day.
- Wardens can mark a fault as seen, mended or passed on to the landowner.
- Faults that endanger people have to be at the top of every list.
- A report of the same fault should be joined to the first one, not listed twice.
- In the evening the office wants a map of everything that is open.

## Limits

Photographs must not show the walkers' names. Most wardens are over sixty, so large letters please. The grant pays
£22,500 and ends on 30 September 2026.
"""
PLANS["trail-wardens/plan.docx"] = """
# Fellside Path Trust: fault reports

Prepared by Northquay Studio, version 3, 20 April 2026.

## Scope

- A walker reports a fault with photograph and place, without an account.
- The nearest warden is told on the same day.
- Wardens mark faults as seen, mended or passed on.
- Dangerous faults stand at the top of every list.
- Reports of the same fault are joined.
- The office has an evening map of open faults.

## Out of scope

Letters to landowners and the planning of working parties.

## Work packages

- WP1 Report page: photograph, place, danger yes or no, no account.
- WP2 Wardens: areas, nearest warden, messages by text and e-mail.
- WP3 Fault list: states, order by danger, large letters.
- WP4 Joining: same place within 50 m, both photographs kept.
- WP5 Evening map: open faults by area, print.
- WP6 Launch: wardens' handbook, four training evenings.

## Effort

- WP1 Report page (web): 46 hours
- WP2 Wardens (backend): 38 hours
- WP3 Fault list (web): 40 hours
- WP4 Joining (backend): 28 hours
- WP5 Evening map (web): 30 hours
- WP6 Launch (lead): 34 hours

In all: 216 hours.

## Timeline

| Phase | From | To |
|---|---|---|
| Walk with two wardens | 4 May 2026 | 8 May 2026 |
| WP1 and WP2 | 11 May 2026 | 12 June 2026 |
| WP3 and WP4 | 8 June 2026 | 10 July 2026 |
| WP5 | 13 July 2026 | 24 July 2026 |
| Launch and training | 27 July 2026 | 28 August 2026 |

## Risks

- Photographs show people. Faces are blurred before the picture is stored. Likelihood high.
- No signal on the hill. The report waits on the phone until there is one. Likelihood high.

## Open points

- Who is told when a warden is on holiday?
- How long are mended faults kept?
"""

BRIEFS["lens-locker/brief.pdf"] = """
# Lens Locker: renting out camera equipment

We rent lenses and cameras to film students and small crews: 620 items, four people behind the counter, one spreadsheet.
Kits come back incomplete and we find out a week later.

## We need

- Customers must be able to search by mount, focal length and date, and reserve a kit.
- A kit is made of parts, and each part is scanned when it goes out and when it comes back.
- If a part is missing on return, the counter sees it before the customer has left.
- Students pay 30 % less when their university has confirmed them.
- A deposit of up to £2,000 is blocked on the card, not charged.
- Items due for cleaning cannot be rented until somebody ticks them off.

## Please no

We do not deliver, and we do not want ratings by customers.

We can spend £31,000. Term starts on 21 September 2026, and everything should be running one week before.
"""
PLANS["lens-locker/plan.pdf"] = """
# Lens Locker: rental counter

Prepared by Northquay Studio, version 1, 8 May 2026.

## Scope

- Customers search by mount, focal length and date, and reserve a kit.
- Parts are scanned going out and coming back.
- The counter sees missing parts before the customer leaves.
- Confirmed students pay 30 % less.
- A deposit of up to £2,000 is blocked on the card.
- Items due for cleaning are not rented out.

## Out of scope

Delivery and ratings.

## Work packages

- WP1 Catalogue: items, mounts, focal lengths, kits and parts.
- WP2 Reservation: search by date, kit availability, confirmation.
- WP3 Counter: scanning out and in, missing parts, damage notes.
- WP4 Payment: prices, student discount, deposit on the card.
- WP5 Care: cleaning states, block until ticked off.
- WP6 Launch: import of 620 items, labels, training.

## Effort

| Package | Role | Hours |
|---|---|---|
| WP1 Catalogue | Backend | 44 |
| WP2 Reservation | Web | 62 |
| WP3 Counter | Web | 70 |
| WP4 Payment | Backend | 48 |
| WP5 Care | Backend | 18 |
| WP6 Launch | Lead | 38 |
| Total | | {total} |

## Timeline

| Phase | From | To |
|---|---|---|
| Day behind the counter | 25 May 2026 | 29 May 2026 |
| WP1 and WP2 | 1 June 2026 | 10 July 2026 |
| WP3 | 6 July 2026 | 7 August 2026 |
| WP4 and WP5 | 27 July 2026 | 21 August 2026 |
| Labels, import, launch | 24 August 2026 | 11 September 2026 |

## Acceptance

The counter takes back a kit of twelve parts in less than two minutes, and a missing part is named on the screen.

## Risks

- Labels come off small lenses. We try three kinds of label in the first month. Likelihood medium.
- The bank allows blocked deposits for seven days only. Longer rentals are blocked again. Likelihood high.

## Open points

- Which universities confirm their students, and how?
- What happens when the card is refused on the day?
"""

BRIEFS["service-lifturi/brief.odt"] = """
# Registru de service pentru lifturi

Firma Ascensorul întreține 340 de lifturi în Cluj și Turda, cu nouă tehnicieni. Fișele de revizie sunt pe hârtie, iar
când vine controlul căutăm o zi întreagă.

## Cerințe

- Tehnicianul trebuie să completeze fișa de revizie pe telefon, și în subsol, fără semnal.
- Fiecare lift are un cod QR, iar scanarea lui deschide fișa potrivită.
- Dispecerul trebuie să trimită cel mai apropiat tehnician la o persoană blocată.
- Revizia lunară nu poate fi sărită: sistemul anunță cu trei zile înainte.
- Administratorul blocului primește raportul prin e-mail în aceeași zi.
- Fișele se păstrează zece ani și nu pot fi modificate după semnare.

## Timp de răspuns

| Situație | Termen |
|---|---|
| Persoană blocată | 45 de minute |
| Lift oprit | 4 ore |
| Zgomot sau reglaj | 3 zile |

Facturarea rămâne unde este. Putem plăti 110.000 de lei și vrem să începem cu sectorul Turda pe 3 mai 2027.

Cu stimă,
Radu Mureșan
"""
PLANS["service-lifturi/plan.pdf"] = """
# Ascensorul: registru de service

Întocmit de Northquay Studio, versiunea 2, 18 ianuarie 2027.

## Domeniu

- Tehnicianul completează fișa pe telefon, fără semnal.
- Codul QR deschide fișa liftului.
- Dispecerul trimite cel mai apropiat tehnician la o persoană blocată.
- Sistemul anunță revizia lunară cu trei zile înainte.
- Administratorul primește raportul în aceeași zi.
- Fișele semnate se păstrează zece ani și nu se modifică.

## În afara domeniului

Facturarea și comenzile de piese.

## Pachete de lucru

- PL1 Fișa de revizie: puncte de control, fotografii, semnătură.
- PL2 Modul fără semnal: păstrare pe telefon, sincronizare.
- PL3 Codurile QR: etichete, scanare, schimbarea liftului.
- PL4 Dispeceratul: hartă, cel mai apropiat tehnician, termene.
- PL5 Reviziile: calendar lunar, anunțuri, raport prin e-mail.
- PL6 Lansarea: preluarea celor 340 de lifturi, instruire.

## Efort

| Pachet | Rol | Ore |
|---|---|---|
| PL1 Fișa de revizie | Mobil | 68 |
| PL2 Modul fără semnal | Mobil | 56 |
| PL3 Codurile QR | Mobil | 22 |
| PL4 Dispeceratul | Web | 74 |
| PL5 Reviziile | Server | 40 |
| PL6 Lansarea | Coordonare | 44 |
| Total | | {total} |

## Calendar

| Etapă | De la | Până la |
|---|---|---|
| O zi cu doi tehnicieni | 25 ianuarie 2027 | 29 ianuarie 2027 |
| PL1 și PL2 | 1 februarie 2027 | 12 martie 2027 |
| PL3 și PL4 | 1 martie 2027 | 9 aprilie 2027 |
| PL5 | 29 martie 2027 | 16 aprilie 2027 |
| Probă și lansare în Turda | 19 aprilie 2027 | 30 aprilie 2027 |

## Riscuri

- Etichetele din puț se murdăresc. Punem una și în cabină. Probabilitate mare.
- Un tehnician semnează din greșeală. Corectura se face printr-o fișă nouă. Probabilitate medie.

## Puncte deschise

- Cine preia apelul când toți tehnicienii sunt ocupați?
- Este de ajuns semnătura pe ecran pentru control?
"""

BRIEFS["plot-queue/brief.docx"] = """
# A fair queue for garden plots

The Marsh Lane Growers let 210 garden plots and have a waiting list of 900 names in a ring binder. People think that we
cheat, and we cannot prove that we do not.

## What should change

- Anyone in the town can join the list online and must see their own place in it.
- When a plot falls free, the first three on the list are asked; the first to accept within a week gets it.
- People who need a path for wheelchairs are asked first for the six plots that have one.
- Nobody may be moved up or down by hand without a written reason that everybody can read.
- Every January people confirm that they still wait, or they leave the list after two reminders.
- Plot holders pay their rent of £46 a year by bank transfer; the treasurer ticks it off.

## What should stay

The binder stays as a paper copy, so the list must print. We have £9,500 from the town council and would like to begin
with the new year, on 4 January 2027.
"""
PLANS["plot-queue/plan.docx"] = """
# Marsh Lane Growers: plot queue

Prepared by Northquay Studio, version 1, 21 September 2026.

## Scope

- Anyone in the town joins the list and sees their own place.
- A free plot is offered to the first three; the first to accept within a week gets it.
- Six plots with a wheelchair path go first to those who need one.
- Changes by hand need a written reason that everybody can read.
- Waiting people confirm every January, with two reminders.
- The treasurer ticks off rents.

## Out of scope

Payment by card and a map of the site.

## Work packages

- WP1 List: joining, address check, own place, print.
- WP2 Offers: three at a time, one week, acceptance.
- WP3 Reasons: changes by hand, public log without names.
- WP4 January: confirmation, two reminders, leaving.
- WP5 Rents: £46 a year, ticking off, list of arrears.
- WP6 Launch: typing in 900 names, open evening.

## Effort and cost

| Package | Role | Hours |
|---|---|---|
| WP1 List | Web | 32 |
| WP2 Offers | Backend | 26 |
| WP3 Reasons | Web | 16 |
| WP4 January | Backend | 18 |
| WP5 Rents | Web | 14 |
| WP6 Launch | Lead | 20 |
| Total | | {total} |

At £62 an hour the project costs £7,812 without tax.

## Timeline

| Phase | From | To |
|---|---|---|
| WP1 and WP2 | 5 October 2026 | 30 October 2026 |
| WP3 to WP5 | 2 November 2026 | 27 November 2026 |
| Names and trial | 30 November 2026 | 11 December 2026 |
| Launch | 4 January 2027 | 8 January 2027 |

## Risks

- Names in the binder cannot be read. Two members of the committee check every page. Likelihood high.
- People without e-mail are forgotten. The office prints letters for them. Likelihood medium.

## Open points

- What counts as living in the town?
- Who decides about a reason that somebody objects to?
"""

Block = tuple[str, object]


def blocks(text: str) -> list[Block]:
    """The little Markdown above as (kind, content): h1, h2, p, ul, ol, table."""
    found: list[Block] = []
    for part in re.split(r"\n\s*\n", summed(text).strip()):
        lines = part.split("\n")
        if lines[0].startswith("#"):
            level = len(lines[0]) - len(lines[0].lstrip("#"))
            found.append((f"h{level}", lines[0].lstrip("# ")))
        elif lines[0].startswith("|"):
            rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
            found.append(("table", [rows[0], *rows[2:]]))
        elif lines[0].startswith("- "):
            found.append(("ul", [line[2:] for line in lines]))
        elif lines[0].startswith("1. "):
            found.append(("ol", [line.split(". ", 1)[1] for line in lines]))
        else:
            found.append(("p", " ".join(lines)))
    return found


def summed(text: str) -> str:
    """The text with each {total} replaced by the sum of the last column above it."""
    total, lines = 0, []
    for line in text.split("\n"):
        cells = line.strip("|").split("|")
        if line.startswith("|") and cells[-1].strip().isdigit():
            total += int(cells[-1])
        elif not line.startswith("|"):
            total = 0
        lines.append(line.replace("{total}", str(total)))
    return "\n".join(lines)


def docx(text: str) -> bytes:
    """A Word document with Word's own styles."""
    from docx import Document

    document = Document()
    for kind, content in blocks(text):
        if kind in ("h1", "h2"):
            document.add_heading(str(content), int(kind[1]))
        elif kind == "p":
            document.add_paragraph(str(content))
        elif isinstance(content, list) and kind == "table":
            table = document.add_table(0, len(content[0]), style="Table Grid")
            for row in content:
                for cell, value in zip(table.add_row().cells, row, strict=True):
                    cell.text = value
        elif isinstance(content, list):
            for item in content:
                document.add_paragraph(item, style="List Bullet" if kind == "ul" else "List Number")
    buffer = io.BytesIO()
    document.save(buffer)
    with zipfile.ZipFile(buffer) as made:
        return zipped({name: made.read(name) for name in made.namelist() if "thumbnail" not in name})


def zipped(files: dict[str, bytes], stored: str = "") -> bytes:
    """A ZIP file whose bytes depend on its contents only."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, STAMP)
            info.compress_type = zipfile.ZIP_STORED if name == stored else zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return buffer.getvalue()


def pdf(text: str) -> bytes:
    """A PDF file of A4 pages with page numbers, its font within it."""
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.platypus import ListFlowable, Paragraph, SimpleDocTemplate, Spacer, Table

    for name in ("DejaVuSans", "DejaVuSans-Bold"):
        pdfmetrics.registerFont(TTFont(name, str(font(name))))
    body = ParagraphStyle("body", fontName="DejaVuSans", fontSize=9.5, leading=13.5, spaceAfter=5)
    heads = {
        "h1": ParagraphStyle("h1", body, fontName="DejaVuSans-Bold", fontSize=17, leading=22, spaceAfter=9),
        "h2": ParagraphStyle("h2", body, fontName="DejaVuSans-Bold", fontSize=12, leading=16, spaceBefore=8),
    }
    story: list[object] = []
    for kind, content in blocks(text):
        if kind in ("p", "h1", "h2"):
            story.append(Paragraph(escape(str(content)), heads.get(kind, body)))
        elif isinstance(content, list) and kind == "table":
            rows = [[Paragraph(escape(cell), body) for cell in row] for row in content]
            lines = [("GRID", (0, 0), (-1, -1), 0.4, (0.6, 0.6, 0.6)), ("VALIGN", (0, 0), (-1, -1), "TOP")]
            story += [Table(rows, hAlign="LEFT", style=lines), Spacer(1, 6)]
        elif isinstance(content, list):
            items = [Paragraph(escape(item), body) for item in content]
            bullets = {"bulletType": "bullet", "start": "•"} if kind == "ul" else {"bulletType": "1"}
            story.append(ListFlowable(items, bulletFontName="DejaVuSans", bulletFontSize=9, leftIndent=14, **bullets))
    buffer = io.BytesIO()
    pages = SimpleDocTemplate(buffer, pagesize=A4, margin=60, invariant=1, title="", author="Northquay Studio")
    pages.build(story, onFirstPage=footer, onLaterPages=footer)
    return buffer.getvalue()


def footer(canvas: object, pages: object) -> None:
    """The line at the foot of each page."""
    canvas.setFont("DejaVuSans", 7.5)  # type: ignore[attr-defined]
    canvas.drawString(72, 40, f"Northquay Studio · {canvas.getPageNumber()}")  # type: ignore[attr-defined]


def font(name: str) -> Path:
    """Where DejaVu Sans is installed."""
    for folder in FONTS:
        if (path := Path(folder) / f"{name}.ttf").is_file():
            return path
    raise SystemExit(f"The font {name}.ttf is in none of {', '.join(FONTS)}. Install DejaVu Sans (fonts-dejavu-core).")


def odt(text: str) -> bytes:
    """An OpenDocument text with the least that a word processor needs."""
    parts = []
    for kind, content in blocks(text):
        if kind in ("h1", "h2"):
            parts.append(f'<text:h text:outline-level="{kind[1]}">{escape(str(content))}</text:h>')
        elif kind == "p":
            parts.append(f"<text:p>{escape(str(content))}</text:p>")
        elif isinstance(content, list) and kind == "table":
            cell = "<table:table-cell><text:p>{}</text:p></table:table-cell>"
            rows = ["".join(cell.format(escape(value)) for value in row) for row in content]
            width = f'<table:table-column table:number-columns-repeated="{len(content[0])}"/>'
            body = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
            parts.append(f"<table:table>{width}{body}</table:table>")
        elif isinstance(content, list):
            items = "".join(f"<text:list-item><text:p>{escape(item)}</text:p></text:list-item>" for item in content)
            parts.append(f"<text:list>{items}</text:list>")
    spaces = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "text", "table")
    )
    content_xml = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content{spaces} office:version="1.3">'
        f"<office:body><office:text>{''.join(parts)}</office:text></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.text"
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest manifest:version="1.3" '
        'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:version="1.3" manifest:media-type="{kind}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    files = {"mimetype": kind, "content.xml": content_xml, "META-INF/manifest.xml": manifest}
    return zipped({name: data.encode() for name, data in files.items()}, stored="mimetype")


def html(text: str) -> bytes:
    """A web page as an editor saves it."""
    parts = []
    for kind, content in blocks(text):
        if kind in ("h1", "h2", "p"):
            parts.append(f"<{kind}>{escape(str(content))}</{kind}>")
        elif isinstance(content, list) and kind == "table":
            rows = ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in content]
            parts.append("<table>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</table>")
        elif isinstance(content, list):
            parts.append(f"<{kind}>" + "".join(f"<li>{escape(item)}</li>" for item in content) + f"</{kind}>")
    title = escape(str(blocks(text)[0][1]))
    page = f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>\n<body>\n'
    return (page + "\n".join(parts) + "\n</body></html>\n").encode()


def eml(text: str) -> bytes:
    """A mail with a plain and an HTML part."""
    head, _, body = text.strip().partition("\n\n")
    message = EmailMessage()
    for line in head.split("\n"):
        name, _, value = line.partition(": ")
        message[name] = value
    message.set_content(body + "\n", cte="quoted-printable")
    message.add_alternative(html(body).decode(), subtype="html", cte="quoted-printable")
    message.set_boundary("=_northquay_1")
    return message.as_bytes()


WRITERS: dict[str, Callable[[str], bytes]] = {".docx": docx, ".pdf": pdf, ".odt": odt, ".html": html, ".eml": eml}


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the sample archive in free text.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent / "free")
    folder = parser.parse_args().folder
    for name, text in (BRIEFS | PLANS).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(WRITERS[path.suffix](text))
        print(f"{name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
