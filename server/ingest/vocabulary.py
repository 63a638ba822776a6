"""The words and places that listings are made up of. Places are real, with rounded coordinates; people are
not.

Nothing here chooses: `invention` does.
"""

from typing import NamedTuple


class City(NamedTuple):
    """A place to make listings up in: its centre, what a square foot costs, how postal codes begin."""

    name: str
    county: str
    state: str
    country: str
    latitude: float
    longitude: float
    square_foot: int
    postal_prefix: str
    time_zone: str


CITIES = (
    City("Sacramento", "Sacramento", "CA", "US", 38.5816, -121.4944, 330, "958", "America/Los_Angeles"),
    City("Elk Grove", "Sacramento", "CA", "US", 38.4088, -121.3716, 310, "957", "America/Los_Angeles"),
    City("Roseville", "Placer", "CA", "US", 38.7521, -121.2880, 335, "956", "America/Los_Angeles"),
    City("Folsom", "Sacramento", "CA", "US", 38.6780, -121.1761, 370, "956", "America/Los_Angeles"),
    City("Davis", "Yolo", "CA", "US", 38.5449, -121.7405, 480, "956", "America/Los_Angeles"),
    City("San Francisco", "San Francisco", "CA", "US", 37.7749, -122.4194, 980, "941", "America/Los_Angeles"),
    City("Oakland", "Alameda", "CA", "US", 37.8044, -122.2712, 590, "946", "America/Los_Angeles"),
    City("San Jose", "Santa Clara", "CA", "US", 37.3382, -121.8863, 760, "951", "America/Los_Angeles"),
    City("Fresno", "Fresno", "CA", "US", 36.7378, -119.7871, 240, "937", "America/Los_Angeles"),
    City("Los Angeles", "Los Angeles", "CA", "US", 34.0522, -118.2437, 640, "900", "America/Los_Angeles"),
    City("Long Beach", "Los Angeles", "CA", "US", 33.7701, -118.1937, 570, "908", "America/Los_Angeles"),
    City("San Diego", "San Diego", "CA", "US", 32.7157, -117.1611, 650, "921", "America/Los_Angeles"),
    City("Portland", "Multnomah", "OR", "US", 45.5152, -122.6784, 310, "972", "America/Los_Angeles"),
    City("Seattle", "King", "WA", "US", 47.6062, -122.3321, 520, "981", "America/Los_Angeles"),
    City("Spokane", "Spokane", "WA", "US", 47.6588, -117.4260, 220, "992", "America/Los_Angeles"),
    City("Reno", "Washoe", "NV", "US", 39.5296, -119.8138, 310, "895", "America/Los_Angeles"),
    City("Las Vegas", "Clark", "NV", "US", 36.1699, -115.1398, 250, "891", "America/Los_Angeles"),
    City("Boise", "Ada", "ID", "US", 43.6150, -116.2023, 290, "837", "America/Boise"),
    City("Salt Lake City", "Salt Lake", "UT", "US", 40.7608, -111.8910, 300, "841", "America/Denver"),
    City("Denver", "Denver", "CO", "US", 39.7392, -104.9903, 350, "802", "America/Denver"),
    City("Phoenix", "Maricopa", "AZ", "US", 33.4484, -112.0740, 270, "850", "America/Phoenix"),
    City("Tucson", "Pima", "AZ", "US", 32.2226, -110.9747, 210, "857", "America/Phoenix"),
    City("Albuquerque", "Bernalillo", "NM", "US", 35.0844, -106.6504, 200, "871", "America/Denver"),
    City("Austin", "Travis", "TX", "US", 30.2672, -97.7431, 300, "787", "America/Chicago"),
    City("Houston", "Harris", "TX", "US", 29.7604, -95.3698, 170, "770", "America/Chicago"),
    City("Minneapolis", "Hennepin", "MN", "US", 44.9778, -93.2650, 220, "554", "America/Chicago"),
    City("Chicago", "Cook", "IL", "US", 41.8781, -87.6298, 250, "606", "America/Chicago"),
    City("Nashville", "Davidson", "TN", "US", 36.1627, -86.7816, 270, "372", "America/Chicago"),
    City("Atlanta", "Fulton", "GA", "US", 33.7490, -84.3880, 260, "303", "America/New_York"),
    City("Miami", "Miami-Dade", "FL", "US", 25.7617, -80.1918, 420, "331", "America/New_York"),
    City("Boston", "Suffolk", "MA", "US", 42.3601, -71.0589, 640, "021", "America/New_York"),
    City("Vancouver", "Metro Vancouver", "BC", "CA", 49.2827, -123.1207, 1040, "V6B", "America/Vancouver"),
    City("Victoria", "Capital", "BC", "CA", 48.4284, -123.3656, 640, "V8W", "America/Vancouver"),
    City("Calgary", "Calgary", "AB", "CA", 51.0447, -114.0719, 350, "T2P", "America/Edmonton"),
    City("Toronto", "Toronto", "ON", "CA", 43.6532, -79.3832, 900, "M5V", "America/Toronto"),
    City("Montreal", "Montreal", "QC", "CA", 45.5019, -73.5674, 520, "H2Y", "America/Toronto"),
)

STREETS = (
    "Acacia", "Alder", "Aspen", "Bayberry", "Birchwood", "Blue Heron", "Canyon Oak", "Cedar",
    "Cherry Blossom", "Clearwater", "Cottonwood", "Creekside", "Crescent", "Dogwood", "Eagle Ridge",
    "Elderberry", "Elm", "Fern", "Foothill", "Foxglove", "Garden", "Granite", "Hawthorn", "Hazel",
    "Hillcrest", "Juniper", "Lakeview", "Larkspur", "Laurel", "Lavender", "Linden", "Magnolia",
    "Manzanita", "Maple", "Meadowlark", "Mill Creek", "Mulberry", "Oak Hollow", "Olive", "Orchard",
    "Pheasant Run", "Pine", "Poppy", "Quail Hollow", "Redwood", "River Bend", "Rosewood", "Sage",
    "Sequoia", "Spruce", "Sunrise", "Sycamore", "Tamarack", "Vineyard", "Walnut", "Willow",
)  # fmt: skip
STREET_SUFFIXES = ("Street", "Avenue", "Drive", "Way", "Lane", "Court", "Circle", "Place")

FIRST_NAMES = (
    "Aaron", "Adaeze", "Aisha", "Alejandra", "Amara", "Ana", "Anika", "Arjun", "Ben", "Bruno", "Camila",
    "Carla", "Chidi", "Chloe", "Daniel", "Dara", "David", "Elena", "Emeka", "Emma", "Farah", "Felix",
    "Grace", "Hana", "Hassan", "Ines", "Isaac", "Ivan", "Jada", "James", "Jin", "Jonas", "Julia", "Kaito",
    "Karim", "Kate", "Lars", "Leila", "Liam", "Lin", "Lucia", "Malik", "Marco", "Maria", "Maya", "Mei",
    "Milan", "Mina", "Nadia", "Nina", "Noah", "Nora", "Olga", "Omar", "Oscar", "Paula", "Priya", "Rafael",
    "Ravi", "Rosa", "Ruth", "Sam", "Sara", "Sofia", "Tariq", "Tess", "Thomas", "Vera", "Viktor", "Wei",
    "Yara", "Yusuf", "Zoe",
)  # fmt: skip
LAST_NAMES = (
    "Abbott", "Adeyemi", "Ahmed", "Alvarez", "Andersson", "Bakker", "Banerjee", "Becker", "Bianchi",
    "Brooks", "Castillo", "Chan", "Chen", "Costa", "Cruz", "Diaz", "Dubois", "Evans", "Fischer", "Flores",
    "Garcia", "Gupta", "Haddad", "Hansen", "Harris", "Herrera", "Hughes", "Ibrahim", "Ito", "Jackson",
    "Jensen", "Kapoor", "Kaya", "Khan", "Kim", "Kowalski", "Larsen", "Lee", "Lewis", "Lopez", "Martin",
    "Mbeki", "Mendoza", "Meyer", "Moreau", "Morgan", "Nakamura", "Nguyen", "Novak", "Okafor", "Olsen",
    "Ortiz", "Park", "Patel", "Pereira", "Petrov", "Quinn", "Ramos", "Reyes", "Rossi", "Russo", "Sanchez",
    "Santos", "Sato", "Schmidt", "Silva", "Singh", "Suzuki", "Tanaka", "Torres", "Tran", "Vargas",
    "Walker", "Wang", "Weber", "Wright", "Yang", "Young", "Zhang",
)  # fmt: skip
OFFICE_BEGINNINGS = (
    "Blue Door", "Bridge & Bay", "Camellia", "Capitol", "Cornerstone", "Delta", "Foothill", "Front Porch",
    "Granite", "Harbor", "Hearth & Key", "Highland", "Keystone", "Lantern", "Meadow", "Northgate",
    "Oak & River", "Old Town", "Parkside", "Pioneer", "Quarter Acre", "Redwood", "Riverbend", "Sierra",
    "Silver Fir", "Stonewall", "Summit", "Tower", "Valley View", "Welcome Home", "Westward", "Wildflower",
)  # fmt: skip
OFFICE_ENDINGS = ("Realty", "Real Estate", "Homes", "Properties", "Brokers")

OPENINGS = (
    "Welcome to this inviting {kind} in {city}.",
    "A well kept {kind} on a quiet street in {city}.",
    "This {kind} in {city} has been cared for by one family.",
    "Light, space and a good plan: a {kind} in {city} that is ready to move into.",
    "Here is the {kind} in {city} that you have been waiting for.",
    "Close to schools, shops and transport, this {kind} makes the most of {city}.",
)
MIDDLES = (
    "The kitchen opens to the dining area and has plenty of storage.",
    "Large windows bring light into the living room from two sides.",
    "The main bedroom looks onto the garden and has a walk-in closet.",
    "Floors are new throughout, and the walls were painted this year.",
    "A separate laundry room and a deep pantry keep things tidy.",
    "The roof, heating and cooling have all been renewed in recent years.",
    "Upstairs there is room for an office or a nursery.",
    "A covered patio makes the garden a room of its own.",
    "The garage has space for tools, bicycles and a workbench.",
    "Ceiling fans and double glazing keep the house cool in summer.",
    "The bathrooms were remodeled with tile and new fixtures.",
    "There is an open fireplace in the living room.",
)
CLOSINGS = (
    "Come and see it before it is gone.",
    "Parks and trails are a short walk away.",
    "The freeway is five minutes away and cannot be heard.",
    "A home inspection is available on request.",
    "Ask for the list of recent improvements.",
    "Viewings by appointment, also in the evening.",
)

REVIEWS = {
    5: (
        "Exactly as described, and even better in the afternoon light.",
        "We fell in love with the garden. The neighbors said hello before we had parked.",
        "The best of the nine we have seen. Everything works and nothing creaks.",
        "Great layout, lots of storage, and the street is really quiet.",
    ),
    4: (
        "Lovely house. The second bathroom is smaller than it looks in the photos.",
        "Very good condition for its age; the kitchen could do with more outlets.",
        "Nice area and a fair price. Parking on the street is tight in the evening.",
        "Bright and well kept. We would have liked a bigger yard.",
    ),
    3: (
        "Good location, but the carpets need replacing.",
        "Decent, nothing special. The bedrooms face the road.",
        "Fine for the money. Expect to spend a few weekends painting.",
    ),
    2: (
        "The photos are kind to it. The bathroom needs work.",
        "Too close to the main road for us.",
    ),
    1: ("There was water in the crawl space when we looked.",),
}
