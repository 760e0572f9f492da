"""Free-text plans in the styles of several invented agencies, English and Romanian, for the tests of reading them out."""

PERSON_DAYS = """\
Project Harbour – Proposal
==========================

1. Introduction

Harbour Ferries sells tickets on board. This proposal covers a ticket shop. 1 MD = 8 hours.

2. Functional requirements

2.1 Passengers
- FR-1 Buy a ticket for a crossing (must have)
- FR-2 Show the ticket without a signal
2.2 Crew
- FR-3 Scan tickets at the ramp; a ticket counts once within 24 hours

3. Effort estimation

| WBS | Work item | Discipline | Effort (MD) | Comment |
|-----|-----------|------------|------------:|---------|
| | **Phase A – Ticket shop** | | | |
| A.1 | Crossing calendar | Backend | 4-6 | imports the paper timetable |
| A.2 | Basket and payment | Backend | 5 – 8 | |
| A.3 | Shop pages | Frontend | 6.5 | |
| | Subtotal A | | 15.5-20.5 | |
| | **Phase B – Crew** | | | |
| B.1 | Scanner app | Mobile | 8 | |
| B.2 | Offline list | Mobile | TBD | depends on the scanner chosen |
| | Subtotal B | | 8 | |
| | Contingency 10 % | | 2.5 | |
| | **Total** | | **26-31** | |

4. Assumptions

1. The ferry company signs a contract with a payment provider.
2. Timetables arrive as a spreadsheet.

5. Exclusions

* Loyalty points
* Freight

6. Milestones

- Kick-off: 2 March 2026
- Beta with crew – 17 April 2026
- Launch (15 May 2026)
"""

DEVIZ = """\
# Ofertă: gestiune stupi

## 1. Descrierea proiectului

Apicultorii notează controalele la stupină. O zi-om înseamnă 8 ore.

## 2. Cerințe

1. Apicultorul notează un control în teren.
2. Tratamentele au termen de pauză.
   - avertizare înainte de recoltare
3. Export pentru registrul stupinei.

## 3. Deviz de lucrări

| Nr. crt. | Etapa | Activitate | Executant | Zile-om | Preț (lei) |
|---|---|---|---|---|---|
| 1 | Analiză | Interviuri cu trei apicultori | Analist | 1,5 | 1.800 |
| 2 |  | Schițe de ecran | Designer | 2 | 2.400 |
| 3 | Realizare | Fișa controlului | Programator | 4 | 4.800 |
| 4 |  | Tratamente și avertizări | Programator | 3,5 | 4.200 |
| 5 |  | Export registru | Programator | de stabilit |  |
| 6 | Lansare | Instruire | Analist | 1 | 1.200 |
|  |  | TOTAL |  | 12 | 14.400 |
|  |  | TVA 21 % |  |  | 3.024 |

Buget maxim: 18.000 lei.

## 4. Grafic

| Etapa | Început | Sfârșit | Livrabil |
|---|---|---|---|
| Analiză | 2 martie 2026 | 6 martie 2026 | schițe aprobate |
| Realizare | 9 martie 2026 | 27 martie 2026 | aplicația pe trei telefoane |
| Lansare | 30 martie 2026 | 1 aprilie 2026 |  |

## 5. Riscuri și măsuri

| Risc | Probabilitate | Impact | Măsură |
|---|---|---|---|
| Fără semnal la stupină | mare | mediu | păstrare pe telefon |
| Registrul își schimbă forma | mică | mare | export configurabil |

## 6. Ipoteze

- Fiecare apicultor are un telefon cu Android.

## 7. Întrebări deschise

- Cine introduce stupii existenți?
"""

MATRIX = """\
# Museum audio guide

## Estimate

All figures are in hours.

| Feature | Design | Frontend | Backend | QA | Total |
|---|---|---|---|---|---|
| Map of rooms | 6 | 18 | 4 | 3 | 31 |
| Audio player | 4 | 14 | - | 4 | 22 |
| Editor for curators | 5 | 20 | 16 | 6 | 48 |
| **Total** | 15 | 52 | 20 | 13 | 101 |

## Team

| Name | Role | Rate (EUR/h) | Availability |
|---|---|---|---|
| Mira Voss | Frontend | 55 | 80 % |
| Jon Eld | Backend | 60 | 50 % |

## Payment

- 30 % at the start: €1,700
- 70 % after acceptance: €3,900
"""

NESTED = """\
# Club court booking

**Scope**

- Members book a court for an hour
- The bar sees today's bookings

**Work**

- Backend (30 h)
  - Courts and opening times: 8 h
  - Booking rules, at most two open bookings: 14 h
  - Sign-in 8h
- Frontend
  - Calendar page – 16-20 h
  - Bar screen (6 hours)
- Launch – project manager, 4 h
  - import members
  - evening with the board
- Fix the old website
- Data migration (TBD)

Total: 56-60 hours

**Risks**

1. Members have no e-mail. Mitigation: the bar books for them. Probability: high, impact: medium.
2. The board changes the rules
   - Response: rules are settings

**Open questions**

- May guests book?
"""

PLAIN_RO = """\
PLAN DE LUCRU – CABINET VETERINAR

CERINTE

- Programari online
- Fisa animalului cu vaccinuri

ACTIVITATI SI EFORT

1. Proiectare ecrane (design)
   Efort: 12-18 ore
2. Programari online
   - Rol: programator
   - Estimare: 40 ore
   - Gata când: medicul a făcut o programare de pe telefon
3. Fisa animalului - programator - 36 ore
4. Testare: 10 ore

Total: 98-104 ore

RISCURI

- Medicii nu au timp de testare. Probabilitate medie, impact mare.

CE NU ESTE INCLUS

- Facturarea
"""

PERT = """\
# Seed bank

Prepared for Tallow Seeds, deadline: 30 September 2026

## 1 Deliverables

- Catalogue
- Exchange desk

## 2 Work breakdown

| ID | Task | Owner | Optimistic (h) | Most likely (h) | Pessimistic (h) | Depends on |
|---|---|---|---|---|---|---|
| T-1 | Model of varieties | Backend | 6 | 9 | 16 | |
| T-2 | Catalogue pages | Web | 10 | 14 | 24 | T-1 |
| T-3 | Exchange requests | Web | 8 | 12 | 20 | T-1, T-2 |
| | Sum | | 24 | 35 | 60 | |

## 3 Risk register

| # | Risk | Likelihood (1-5) | Impact (1-5) | Mitigation |
|---|---|---|---|---|
| 1 | Names of varieties differ between members | 4 | 3 | list of synonyms |

## 4 Acceptance

A member finds a variety in two steps.
"""

PHASES = """\
# Choir library

## Project phases

### Phase 1: Discovery (16 h)

- Interview the librarian
- Count the scores

### Phase 2: Build (70 h)

- Score catalogue: 30 h (backend)
- Lending desk: 28 h (frontend)
- Reminders: 12 h (backend)

### Phase 3: Launch (9 h)

- Import: 6 h
- Training: 2 h

## Timeline

- Week 1-2: discovery
- 1 June 2026 to 26 June 2026: build
"""

VAGUE = """\
# Notes on the shop

## Our thoughts

Something with vouchers, maybe 3 days.

| Thing | Figure |
|---|---|
| Vouchers | 12 |
| Mail | 8 |

## Effort

| Task | Effort |
|---|---|
| Vouchers | 12 |
| Mail | 8 h + 2 h |

- Print: 3-5 (frontend)
"""

STYLES = """\
# Orchard map

One day is 8 hours.

## Tasks

- Login ........ 8h
- [ ] Search (4 hrs)
- [x] Pay page: 12 h (1.5 days)
- Profile: backend 12 h, frontend 8-10 h, QA 2h
- Backend: 40h, Frontend: 30h
- Design + UX: 6 ore
- Export – 0.5 days
- **Sign-up**
  - Backend: 8 h
  - Design 3 h
- Print
  - web · 2 / 3 / 5 h

Total: 139-144 h (18 zile)

### 2.1 Maps — 12h

## Second estimate

| Module | Description | Effort (hours) | |
|---|---|---|---|
| | | min | max |
| Account | sign-up, password | 8 | 12 |
| Tree register | | 10 | 10 |
| Total | | 18 | 22 |
"""

ROUGH = """\
# Boat shed

## Next release

| Phase | Task | Estimated hours |
|---|---|---|
| **Phase 1** | Mooring list | 3h |
| **Phase 1** | Tide table (station, days) | 4-5h |
| **Phase 1 total** | | **~7-8h** |
| **Phase 2** | Winter storage | 6h |

**Total estimated hours: 13-14h**

## Rough figures

| Slice | Estimate |
|---|---|
| Slipway | 2-3 person-days |
| Crane | 5-8 person-days, with the licence |

| Harbour | Hours | Prio |
|---|---|---|
| Quay | 12-16 | P0 |
| Jetty | 3-4 | P1 |

| Grup | Bucăți | Efort estimat | Ce lipsește |
|---|---|---|---|
| Geamanduri | 5 | 6-8h | lanțuri |
| IVA 21 % | | | |

- **Ladder** *(estimated 2 hours)*
  - weld the steps

## Effort

| # | Phase | Components | Hours | Depends on | Sprint |
|---|---|---|---|---|---|
| 1.1 | Build | Log book | 8 | — | 1 |
| 1.2 | Build | Fees | 10 | 1.1 | 1 |

**Realistic target**: 20-30 hours (two weeks at 12 hours a week)
"""

ALL = {
    "person_days": PERSON_DAYS, "deviz": DEVIZ, "matrix": MATRIX, "nested": NESTED, "plain_ro": PLAIN_RO, "pert": PERT,
    "phases": PHASES, "vague": VAGUE, "styles": STYLES, "rough": ROUGH,
}  # fmt: skip
