"""Invented people. Any likeness is chance."""

from typing import Any

from accounts.permissions import Role

CLINIC = "Northside Clinic"
CRISIS_TEXT = (
    "This form is not read right away. If you are in danger or need help now, call your local "
    "emergency number (112 in the EU, 911 in the US), or our desk at 555 0100 (8:00 to 18:00)."
)
PASSWORD = "calm-harbour-lantern"  # noqa: S105  of a clinic that runs on one's own machine

BIRTH_YEAR = "1984"  # of all clients: what the demo asks for before it shows one's own answers

ABOUT_CLINIC: dict[str, Any] = {
    "about_sessions": (
        "A session takes 50 minutes. After each one you get a short form by e-mail. It asks how "
        "the work went for you.\n\nYour therapist reads your answers and may talk about them with "
        "you next time. You can skip a form at any time."
    ),
    "about_confidentiality": (
        "What you say stays between you and your therapist. If they need advice, they may ask a "
        "supervisor here, who then reads it too.\n\nThere is one limit: if you or "
        "somebody else is in danger, we may have to call for help. If we can, we tell you first."
    ),
    "about_complaints": (
        "You can tell your therapist, or write to our desk at desk@northside.example. You can ask "
        "for another therapist at any time. You do not have to say why."
    ),
}
ABOUT_THERAPIST = {
    "title": "Licensed psychologist",
    "qualifications": (
        "Master's degree in psychology (2009). Trained in cognitive behaviour therapy. At this "
        "clinic since 2015."
    ),
    "way_of_working": (
        "We set goals together and look at them often. I like to try things out between sessions. "
        "Please tell me when something does not help: that is useful to me."
    ),
}

# By the client's number: some of the first ones answer in another language.
LANGUAGES = {3: "de", 5: "es", 6: "fr", 11: "ar"}
CONTACTS = {9: "none", 12: "in_room"}  # by the remainder of the number

STAFF: list[tuple[str, str, list[Role]]] = [
    ("Mara Lindqvist", "mara@northside.example", [Role.THERAPIST]),
    ("Jonas Okafor", "jonas@northside.example", [Role.THERAPIST]),
    ("Priya Raman", "priya@northside.example", [Role.THERAPIST]),
    ("Tom Brandt", "tom@northside.example", [Role.THERAPIST]),
    ("Elena Sousa", "elena@northside.example", [Role.THERAPIST]),
    ("Sam Whitfield", "sam@northside.example", [Role.THERAPIST]),
    ("Ruth Adler", "ruth@northside.example", [Role.ADMIN]),
    ("Noor Haddad", "noor@northside.example", [Role.FRONT_DESK]),
    ("Sven Dahl", "sven@northside.example", [Role.SUPERVISOR]),
]
CASELOADS = (14, 12, 11, 10, 10, 3)  # clients of each therapist, in the order above

FIRST_NAMES = [
    "Ana",
    "Jonah",
    "Priscilla",
    "Tomas",
    "Leila",
    "Marek",
    "Chloe",
    "Daniel",
    "Ines",
    "Felix",
    "Hanna",
    "Omar",
    "Greta",
    "Luis",
    "Mina",
    "Viktor",
    "Nora",
    "Pavel",
    "Sofia",
    "Ben",
    "Aisha",
    "Karl",
    "Lucia",
    "Emil",
    "Rosa",
    "Ivan",
    "Zoe",
    "Peter",
    "Maya",
    "Oscar",
    "Freya",
    "Hugo",
    "Clara",
    "Malik",
    "Edith",
    "Jakob",
    "Amara",
    "Simon",
    "Tara",
    "Nils",
    "Judith",
    "Raul",
    "Alma",
    "Konrad",
    "Yara",
    "Leon",
    "Petra",
    "Idris",
    "Vera",
    "Anton",
    "Lotte",
    "Samir",
    "Helen",
    "Bruno",
    "Dalia",
    "Erik",
    "Paula",
    "Rami",
    "Svea",
    "Adam",
]
INITIALS = "RKSBHWDMLTVCGFNPAEJO"


def client_name(number: int) -> str:
    return f"{FIRST_NAMES[number % len(FIRST_NAMES)]} {INITIALS[number * 7 % len(INITIALS)]}."


def client_email(number: int) -> str:
    return f"client{number + 1:02d}@mail.example"


COMMENTS = (
    "It felt good to say this out loud.",
    "I would like to spend more time on sleep.",
    "Thank you, that helped.",
    "Today was a lot. I need a little time with it.",
    "The exercise was harder than I thought.",
)
TENSE_COMMENTS = (
    "I felt a bit rushed today and did not say so.",
    "I am not sure the homework is right for me.",
    "It seemed you were not quite with me at the end.",
    "I wanted to talk about something else.",
)
NOTES = (
    "Went through the week. Sleep a little better.",
    "Worked on the diary; agreed on two small steps.",
    "Talked about the visit at the parents' house.",
    "Late start. Calm session.",
    "Reviewed the goals; client wants to keep them.",
)
