# Made by `./dwelzo generate` from schema/*.graphql. Do not edit: change schema/*.graphql and generate again.
"""The enums and inputs of the contract."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Literal, NotRequired, TypedDict

AccessibilityFeatures = Literal[
    "AccessibleApproachWithRamp",
    "AccessibleBedroom",
    "AccessibleCentralLivingArea",
    "AccessibleClosets",
    "AccessibleCommonArea",
    "AccessibleDoors",
    "AccessibleElectricalAndEnvironmentalControls",
    "AccessibleElevatorInstalled",
    "AccessibleEntrance",
    "AccessibleForHearingImpairment",
    "AccessibleFullBath",
    "AccessibleHallways",
    "AccessibleKitchen",
    "AccessibleKitchenAppliances",
    "AccessibleStairway",
    "AccessibleWasherDryer",
    "AdaptableBathroomWalls",
    "AdaptableForElevator",
    "CeilingTrack",
    "CentralLivingArea",
    "CommonArea",
    "CustomizedWheelchairAccessible",
    "ElectronicEnvironmentalControls",
    "EnhancedAccessible",
    "ExteriorWheelchairLift",
    "GripAccessibleFeatures",
    "ReinforcedFloors",
    "SafeEmergencyEgressFromHome",
    "SmartTechnology",
    "StairLift",
    "StandbyGenerator",
    "TherapeuticWhirlpool",
    "Visitable",
    "VisitorBathroom",
    "WalkerAccessibleStairs",
]

AccountStatus = Literal["ACTIVE", "SUSPENDED", "DELETED"]

Appliances = Literal[
    "BarFridge",
    "BuiltInElectricOven",
    "BuiltInElectricRange",
    "BuiltInFreezer",
    "BuiltInGasOven",
    "BuiltInGasRange",
    "BuiltInRange",
    "BuiltInRefrigerator",
    "ConvectionOven",
    "Cooktop",
    "Dishwasher",
    "Disposal",
    "DoubleOven",
    "DownDraft",
    "Dryer",
    "ElectricCooktop",
    "ElectricOven",
    "ElectricRange",
    "ElectricWaterHeater",
    "EnergyStarQualifiedAppliances",
    "EnergyStarQualifiedDishwasher",
    "EnergyStarQualifiedDryer",
    "EnergyStarQualifiedFreezer",
    "EnergyStarQualifiedRefrigerator",
    "EnergyStarQualifiedWasher",
    "EnergyStarQualifiedWaterHeater",
    "ExhaustFan",
    "FreeStandingElectricOven",
    "FreeStandingElectricRange",
    "FreeStandingFreezer",
    "FreeStandingGasOven",
    "FreeStandingGasRange",
    "FreeStandingRange",
    "FreeStandingRefrigerator",
    "Freezer",
    "GasCooktop",
    "GasOven",
    "GasRange",
    "GasWaterHeater",
    "HeatPumpWaterHeater",
    "Humidifier",
    "IceMaker",
    "IndoorGrill",
    "InductionCooktop",
    "InstantHotWater",
    "Microwave",
    "None",
    "Other",
    "Oven",
    "PlumbedForIceMaker",
    "PortableDishwasher",
    "PropaneCooktop",
    "Range",
    "RangeHood",
    "Refrigerator",
    "SelfCleaningOven",
    "SmartAppliances",
    "SolarHotWater",
    "StainlessSteelAppliances",
    "TanklessWaterHeater",
    "TrashCompactor",
    "VentedExhaustFan",
    "WarmingDrawer",
    "Washer",
    "WasherDryer",
    "WasherDryerStacked",
    "WaterHeater",
    "WaterPurifier",
    "WaterPurifierOwned",
    "WaterPurifierRented",
    "WaterSoftener",
    "WaterSoftenerOwned",
    "WaterSoftenerRented",
    "WineCooler",
    "WineRefrigerator",
]

ArchitecturalStyle = Literal[
    "AFrame",
    "ArtDeco",
    "Barndominium",
    "Berm",
    "Bungalow",
    "Cabin",
    "CapeCod",
    "Colonial",
    "Contemporary",
    "Craftsman",
    "Creole",
    "Dome",
    "DutchColonial",
    "Farmhouse",
    "Federal",
    "FrenchProvincial",
    "Georgian",
    "GothicRevival",
    "GreekRevival",
    "Italianate",
    "Mediterranean",
    "MidCenturyModern",
    "Modern",
    "Monterey",
    "National",
    "Neoclassical",
    "Other",
    "Prairie",
    "Pueblo",
    "QueenAnne",
    "RaisedRanch",
    "Ranch",
    "Regency",
    "Rustic",
    "Saltbox",
    "SeeRemarks",
    "Shingle",
    "Shotgun",
    "Spanish",
    "SplitLevel",
    "Stick",
    "Traditional",
    "Tudor",
    "Victorian",
]

AreaSource = Literal[
    "Appraiser", "Assessor", "Builder", "Estimated", "Other", "Owner", "Plans", "PublicRecords", "SeeRemarks"
]

AreaUnits = Literal["SquareFeet", "SquareMeters"]

AssociationAmenities = Literal[
    "AirportRunway",
    "Barbecue",
    "BasketballCourt",
    "BeachAccess",
    "BeachRights",
    "BilliardRoom",
    "BoatDock",
    "BoatSlip",
    "Boating",
    "Cabana",
    "CableTv",
    "CarWashArea",
    "Clubhouse",
    "CoinLaundry",
    "Concierge",
    "DayCare",
    "DogPark",
    "DryDock",
    "Electricity",
    "Elevators",
    "ExerciseCourse",
    "FitnessCenter",
    "GameCourtExterior",
    "GameCourtInterior",
    "GameRoom",
    "Gas",
    "Gated",
    "GolfCourse",
    "HotWater",
    "IndoorPool",
    "Insurance",
    "JoggingPath",
    "Landscaping",
    "Laundry",
    "MaidService",
    "Maintenance",
    "MaintenanceGrounds",
    "MaintenanceStructure",
    "Management",
    "Marina",
    "MeetingRoom",
    "None",
    "Other",
    "Park",
    "Parking",
    "PartyRoom",
    "PicnicArea",
    "Playground",
    "PondSeasonal",
    "PondYearRound",
    "Pool",
    "PoweredBoatsAllowed",
    "Racquetball",
    "RecreationFacilities",
    "RecreationRoom",
    "RoofDeck",
    "RvParking",
    "RvBoatStorage",
    "Sauna",
    "Security",
    "ServiceElevators",
    "ShuffleboardCourt",
    "SkiAccessible",
    "SnowRemoval",
    "SpaHotTub",
    "SportCourt",
    "Stables",
    "Storage",
    "StreamSeasonal",
    "StreamYearRound",
    "Taxes",
    "TennisCourts",
    "Trails",
    "Trash",
    "Water",
    "WorkshopArea",
]

AssociationFeeIncludes = Literal[
    "CableTv",
    "EarthquakeInsurance",
    "Electricity",
    "Gas",
    "Insurance",
    "Internet",
    "MaintenanceGrounds",
    "MaintenanceStructure",
    "PestControl",
    "Security",
    "Sewer",
    "SnowRemoval",
    "Trash",
    "Utilities",
    "Water",
]

Attended = Literal["Agent", "Seller", "Unattended"]

Basement = Literal[
    "Apartment",
    "BathStubbed",
    "Block",
    "Concrete",
    "CrawlSpace",
    "Daylight",
    "DirtFloor",
    "ExteriorEntry",
    "Finished",
    "FrenchDrain",
    "Full",
    "FullExposure",
    "InteriorEntry",
    "NoExposure",
    "None",
    "Other",
    "Partial",
    "PartialExposure",
    "PartiallyFinished",
    "StorageSpace",
    "SumpPump",
    "Unfinished",
    "WalkOutAccess",
    "WalkUpAccess",
]

CacheControlScope = Literal["PUBLIC", "PRIVATE"]

ChangeType = Literal[
    "Active",
    "ActiveUnderContract",
    "BackOnMarket",
    "Canceled",
    "Closed",
    "ComingSoon",
    "Deleted",
    "Expired",
    "Hold",
    "NewListing",
    "Pending",
    "PriceChange",
    "Withdrawn",
]

CommonInterest = Literal[
    "CommunityApartment", "Condominium", "None", "PlannedDevelopment", "StockCooperative", "Timeshare"
]

CommunityFeatures = Literal[
    "AirportRunway",
    "Clubhouse",
    "Curbs",
    "Fishing",
    "FitnessCenter",
    "Gated",
    "Golf",
    "Lake",
    "None",
    "Other",
    "Park",
    "Pickleball",
    "Playground",
    "Pool",
    "Racquetball",
    "Restaurant",
    "Sidewalks",
    "Stables",
    "StreetLights",
    "Suburban",
    "TennisCourts",
]

Concessions = Literal["CallListingAgent", "No", "Yes"]

ConstructionMaterials = Literal[
    "Adobe",
    "AluminumSiding",
    "Asbestos",
    "Asphalt",
    "AtticCrawlHatchwaysInsulated",
    "BattsInsulation",
    "Block",
    "BlownInInsulation",
    "BoardAndBattenSiding",
    "Brick",
    "BrickVeneer",
    "Cedar",
    "CementSiding",
    "Clapboard",
    "Concrete",
    "DuctsProfessionallyAirSealed",
    "ExteriorDuctWorkIsInsulated",
    "FiberCement",
    "FiberglassSiding",
    "FoamInsulation",
    "Frame",
    "Glass",
    "HardiplankType",
    "IcatRecessedLighting",
    "InsulatedConcreteForms",
    "LapSiding",
    "Log",
    "LogSiding",
    "LowVocInsulation",
    "Masonite",
    "MetalSiding",
    "NaturalBuilding",
    "Other",
    "Plaster",
    "RadiantBarrier",
    "RammedEarth",
    "RecycledBioBasedInsulation",
    "RedwoodSiding",
    "SeeRemarks",
    "ShakeSiding",
    "ShingleSiding",
    "SlumpBlock",
    "SprayFoamInsulation",
    "SteelFrame",
    "SteelSiding",
    "Stone",
    "StoneVeneer",
    "Straw",
    "Stucco",
    "SyntheticStucco",
    "Unknown",
    "VerticalSiding",
    "VinylSiding",
    "WoodSiding",
]

Cooling = Literal[
    "AtticFan",
    "CeilingFans",
    "CentralAir",
    "Dual",
    "Ductless",
    "Electric",
    "EnergyStarQualifiedEquipment",
    "EvaporativeCooling",
    "ExhaustFan",
    "Gas",
    "Geothermal",
    "HeatPump",
    "HumidityControl",
    "MultiUnits",
    "None",
    "Other",
    "RoofTurbines",
    "SeparateMeters",
    "VariesByUnit",
    "WallUnits",
    "WallWindowUnits",
    "WholeHouseFan",
    "WindowUnits",
    "Zoned",
]

DirectionFaces = Literal["East", "North", "Northeast", "Northwest", "South", "Southeast", "Southwest", "West"]

Electric = Literal[
    "Amps100",
    "Amps150",
    "Amps200OrMore",
    "Volts220",
    "Volts220ForSpa",
    "Volts220InGarage",
    "Volts220InKitchen",
    "Volts220InLaundry",
    "Volts220InWorkshop",
    "Volts440",
    "CircuitBreakers",
    "EnergyStorageDevice",
    "Fuses",
    "Generator",
    "NetMeter",
    "PreWiredForRenewables",
    "ReadyForRenewables",
    "Underground",
]

ExteriorFeatures = Literal[
    "Awnings",
    "Balcony",
    "Barbecue",
    "BasketballCourt",
    "BoatSlip",
    "BuiltInBarbecue",
    "Courtyard",
    "CoveredCourtyard",
    "Dock",
    "DogRun",
    "ElectricGrill",
    "FirePit",
    "Garden",
    "GasGrill",
    "GrayWaterSystem",
    "Kennel",
    "Lighting",
    "MistingSystem",
    "None",
    "Other",
    "OutdoorGrill",
    "OutdoorKitchen",
    "OutdoorShower",
    "PermeablePaving",
    "Playground",
    "PrivateEntrance",
    "PrivateYard",
    "RainBarrelCisterns",
    "RainGutters",
    "RvHookup",
    "SmartCamerasRecording",
    "SmartIrrigation",
    "SmartLights",
    "SmartLocks",
    "Storage",
    "TennisCourts",
    "UncoveredCourtyard",
]

FeeFrequency = Literal[
    "Annually",
    "BiMonthly",
    "BiWeekly",
    "Daily",
    "Monthly",
    "OneTime",
    "Quarterly",
    "Seasonal",
    "SemiAnnually",
    "SemiMonthly",
    "Weekly",
]

Fencing = Literal[
    "BackYard",
    "BarbedWire",
    "Block",
    "Brick",
    "ChainLink",
    "CrossFenced",
    "Electric",
    "Fenced",
    "FrontYard",
    "Full",
    "Gate",
    "Invisible",
    "Masonry",
    "None",
    "Other",
    "Partial",
    "PartialCross",
    "Perimeter",
    "Pipe",
    "Privacy",
    "Security",
    "SeeRemarks",
    "SlumpStone",
    "SplitRail",
    "Stone",
    "Vinyl",
    "Wire",
    "Wood",
    "WroughtIron",
]

FireplaceFeatures = Literal[
    "Basement",
    "Bath",
    "Bedroom",
    "BlowerFan",
    "Circulating",
    "Decorative",
    "Den",
    "DiningRoom",
    "DoubleSided",
    "Electric",
    "EpaCertifiedWoodStove",
    "EpaQualifiedFireplace",
    "FactoryBuilt",
    "FamilyRoom",
    "FirePit",
    "FreeStanding",
    "Gas",
    "GasLog",
    "GasStarter",
    "GlassDoors",
    "GreatRoom",
    "Heatilator",
    "Insert",
    "Kitchen",
    "Library",
    "LivingRoom",
    "Masonry",
    "MasterBedroom",
    "Metal",
    "None",
    "Other",
    "Outside",
    "PelletStove",
    "Propane",
    "RaisedHearth",
    "RecreationRoom",
    "SealedCombustion",
    "SeeRemarks",
    "SeeThrough",
    "Stone",
    "Ventless",
    "WoodBurning",
    "WoodBurningStove",
    "ZeroClearance",
]

Flooring = Literal[
    "Adobe",
    "Bamboo",
    "Brick",
    "Carpet",
    "CeramicTile",
    "Clay",
    "Combination",
    "Concrete",
    "Cork",
    "CriGreenLabelPlusCertifiedCarpet",
    "Dirt",
    "EngineeredHardwood",
    "FloorScoreCertifiedFlooring",
    "FscOrSfiCertifiedSourceHardwood",
    "Granite",
    "Hardwood",
    "Laminate",
    "Linoleum",
    "LuxuryVinyl",
    "Marble",
    "None",
    "Other",
    "PaintedStained",
    "Parquet",
    "Pavers",
    "Plank",
    "ReclaimedWood",
    "SeeRemarks",
    "SimulatedWood",
    "Slate",
    "Softwood",
    "Stamped",
    "Stone",
    "Sustainable",
    "Terrazzo",
    "Tile",
    "Varies",
    "Vinyl",
    "Wood",
]

FoundationDetails = Literal[
    "Block",
    "BrickMortar",
    "Combination",
    "ConcretePerimeter",
    "None",
    "Other",
    "Permanent",
    "PillarPostPier",
    "Raised",
    "SeeRemarks",
    "Slab",
    "Stone",
]

Furnished = Literal["Furnished", "Negotiable", "Partially", "Unfurnished"]

GreenEnergyEfficient = Literal[
    "Appliances",
    "Construction",
    "Doors",
    "ExposureShade",
    "Hvac",
    "Incentives",
    "Insulation",
    "Lighting",
    "Roof",
    "Thermostat",
    "WaterHeater",
    "Windows",
]

GreenEnergyGeneration = Literal["Solar", "Wind"]

Heating = Literal[
    "ActiveSolar",
    "Baseboard",
    "Ceiling",
    "Central",
    "Coal",
    "CoalStove",
    "Ductless",
    "Electric",
    "EnergyStarQualifiedEquipment",
    "EnergyStarAccaRsiQualifiedInstallation",
    "ExhaustFan",
    "FireplaceInsert",
    "Fireplaces",
    "FloorFurnace",
    "ForcedAir",
    "Geothermal",
    "Gravity",
    "HeatPump",
    "HotWater",
    "HumidityControl",
    "Kerosene",
    "NaturalGas",
    "None",
    "Oil",
    "Other",
    "PassiveSolar",
    "PelletStove",
    "Propane",
    "PropaneStove",
    "Radiant",
    "RadiantCeiling",
    "RadiantFloor",
    "SeeRemarks",
    "SeparateMeters",
    "Solar",
    "SpaceHeater",
    "Steam",
    "VariesByUnit",
    "WallFurnace",
    "Wood",
    "WoodStove",
    "Zoned",
]

HistoryTransactionalOrder = Literal["MODIFICATION_TIMESTAMP_ASC", "MODIFICATION_TIMESTAMP_DESC"]

ImageOf = Literal[
    "AerialView",
    "Atrium",
    "Attic",
    "BackOfStructure",
    "Balcony",
    "Bar",
    "Barn",
    "Basement",
    "BasketballCourt",
    "Bathroom",
    "Bedroom",
    "BonusRoom",
    "BreakfastArea",
    "Closet",
    "Community",
    "Courtyard",
    "Deck",
    "Den",
    "DiningArea",
    "DiningRoom",
    "Dock",
    "EntranceFoyer",
    "Entry",
    "ExerciseRoom",
    "FamilyRoom",
    "Fence",
    "Fireplace",
    "FloorPlan",
    "FrontOfStructure",
    "GameRoom",
    "Garage",
    "Garden",
    "GolfCourse",
    "GreatRoom",
    "GuestQuarters",
    "Gym",
    "Hallway",
    "HobbyRoom",
    "Inlaw",
    "Kitchen",
    "Lake",
    "Laundry",
    "Library",
    "LivingRoom",
    "LoadingDock",
    "Lobby",
    "Loft",
    "Lot",
    "Map",
    "MasterBathroom",
    "MasterBedroom",
    "MediaRoom",
    "MudRoom",
    "Nursery",
    "Office",
    "Other",
    "OutBuildings",
    "Pantry",
    "Parking",
    "Patio",
    "Pier",
    "PlatMap",
    "Playground",
    "Pond",
    "Pool",
    "Reception",
    "RecreationRoom",
    "Sauna",
    "Showroom",
    "SideOfStructure",
    "SittingRoom",
    "Spa",
    "Stable",
    "Stairs",
    "Storage",
    "Studio",
    "Study",
    "SunRoom",
    "TennisCourt",
    "UtilityRoom",
    "View",
    "WalkInClosets",
    "Waterfront",
    "WineCellar",
    "Workshop",
    "Yard",
]

InteriorOrRoomFeatures = Literal[
    "Bar",
    "BeamedCeilings",
    "Bidet",
    "Bookcases",
    "BreakfastBar",
    "BuiltInFeatures",
    "CathedralCeilings",
    "CedarClosets",
    "CeilingFans",
    "CentralVacuum",
    "Chandelier",
    "CofferedCeilings",
    "CrownMolding",
    "DoubleVanity",
    "DryBar",
    "Dumbwaiter",
    "EatInKitchen",
    "Elevator",
    "EntranceFoyer",
    "GraniteCounters",
    "HighCeilings",
    "HighSpeedInternet",
    "HisAndHersClosets",
    "InLawFloorplan",
    "KitchenIsland",
    "LaminateCounters",
    "LowFlowPlumbingFixtures",
    "MasterDownstairs",
    "NaturalWoodwork",
    "OpenFloorplan",
    "Other",
    "Pantry",
    "RecessedLighting",
    "Sauna",
    "SeeRemarks",
    "SmartCamerasRecording",
    "SmartHome",
    "SmartLights",
    "SmartThermostat",
    "SoakingTub",
    "SolarTubes",
    "SoundSystem",
    "StoneCounters",
    "Storage",
    "TileCounters",
    "TrackLighting",
    "TrayCeilings",
    "VaultedCeilings",
    "WalkInClosets",
    "WaterSenseFixtures",
    "WetBar",
    "WiredForData",
    "WiredForSound",
]

Languages = Literal[
    "Abkhazian",
    "Afar",
    "Afrikaans",
    "Albanian",
    "AmericanSignLanguage",
    "Amharic",
    "Arabic",
    "Aramaic",
    "Armenian",
    "Assamese",
    "AssyrianNeoAramaic",
    "Avestan",
    "Aymara",
    "Azerbaijani",
    "Bambara",
    "Bashkir",
    "Basque",
    "Bengali",
    "Bihari",
    "Bikol",
    "Bislama",
    "Bosnian",
    "BrazilianPortuguese",
    "Bulgarian",
    "Burmese",
    "Byelorussian",
    "Cambodian",
    "Cantonese",
    "CapeVerdeanCreole",
    "Catalan",
    "Cebuano",
    "Chamorro",
    "Chechen",
    "Chinese",
    "Chuukese",
    "Chuvash",
    "Cornish",
    "Corsican",
    "Croatian",
    "Czech",
    "Danish",
    "Dari",
    "Dioula",
    "Dutch",
    "Dzongkha",
    "English",
    "Esperanto",
    "Estonian",
    "Faroese",
    "Farsi",
    "Fiji",
    "Finnish",
    "Flemish",
    "French",
    "Frisian",
    "Galician",
    "Georgian",
    "German",
    "Greek",
    "Greenlandic",
    "Guarani",
    "Gujarati",
    "HaitianCreole",
    "Hausa",
    "Hebrew",
    "Herero",
    "Hiligaynon",
    "Hindi",
    "HiriMotu",
    "Hmong",
    "Hungarian",
    "Iban",
    "Icelandic",
    "Igbo",
    "Ilocano",
    "Indonesian",
    "Interlingua",
    "Inuktitut",
    "Inupiak",
    "Irish",
    "Italian",
    "Japanese",
    "Javanese",
    "Kannada",
    "Kashmiri",
    "Kazakh",
    "KIche",
    "Kichwa",
    "Kikuyu",
    "Kinyarwanda",
    "Kirghiz",
    "Kirundi",
    "Komi",
    "Korean",
    "Kpelle",
    "Kru",
    "Kurdish",
    "Lao",
    "Latin",
    "Latvian",
    "Lingala",
    "Lithuanian",
    "Luxemburgish",
    "Macedonian",
    "Malagasy",
    "Malay",
    "Malayalam",
    "Maltese",
    "Mandarin",
    "Maninka",
    "ManxGaelic",
    "Maori",
    "Marathi",
    "Marshallese",
    "Moldovan",
    "Mongolian",
    "Nauru",
    "Navajo",
    "Ndebele",
    "Ndonga",
    "Nepali",
    "Norwegian",
    "NorwegianNynorsk",
    "Nyanja",
    "Occitan",
    "Oriya",
    "Oromo",
    "Ossetian",
    "Pali",
    "Pangasinan",
    "Papiamento",
    "Pashto",
    "Polish",
    "Portuguese",
    "Punjabi",
    "Quechua",
    "Romanian",
    "Romany",
    "Russian",
    "Sami",
    "Samoan",
    "Sangho",
    "Sanskrit",
    "Sardinian",
    "ScotsGaelic",
    "Serbian",
    "SerboCroatian",
    "Sesotho",
    "Setswana",
    "Shan",
    "Shona",
    "Sindhi",
    "Sinhalese",
    "Siswati",
    "Slovak",
    "Slovenian",
    "Somali",
    "SouthernNdebele",
    "Spanish",
    "Sundanese",
    "Swahili",
    "Swedish",
    "Syriac",
    "Tagalog",
    "Tahitian",
    "Tajik",
    "Tamil",
    "Tatar",
    "Telugu",
    "Thai",
    "Tibetan",
    "Tigrinya",
    "Tongan",
    "Tsonga",
    "Turkish",
    "Turkmen",
    "Twi",
    "Uigur",
    "Ukrainian",
    "Urdu",
    "Uzbek",
    "Vietnamese",
    "Volapuk",
    "Welsh",
    "Wolof",
    "Xhosa",
    "Yiddish",
    "Yoruba",
    "Zhuang",
    "Zulu",
]

LaundryFeatures = Literal[
    "CommonArea",
    "ElectricDryerHookup",
    "GasDryerHookup",
    "InBasement",
    "InBathroom",
    "InCarport",
    "InGarage",
    "InHall",
    "InKitchen",
    "InUnit",
    "Inside",
    "LaundryChute",
    "LaundryCloset",
    "LaundryRoom",
    "LowerLevel",
    "MainLevel",
    "MultipleLocations",
    "None",
    "Other",
    "Outside",
    "SeeRemarks",
    "Sink",
    "UpperLevel",
    "WasherHookup",
]

LeaseTerm = Literal[
    "TwelveMonths",
    "TwentyFourMonths",
    "SixMonths",
    "MonthToMonth",
    "Negotiable",
    "None",
    "Other",
    "RenewalOption",
    "ShortTermLease",
    "Weekly",
]

Levels = Literal[
    "BiLevel", "MultiSplit", "One", "OneAndOneHalf", "QuadLevel", "ThreeOrMore", "TriLevel", "Two"
]

LinearUnits = Literal["Feet", "Meters"]

ListingTerms = Literal[
    "Exchange1031",
    "AllInclusiveTrustDeed",
    "Assumable",
    "Cash",
    "Contract",
    "Conventional",
    "ExistingBonds",
    "FHA",
    "LandUseFee",
    "LeaseBack",
    "LeaseOption",
    "LeasePurchase",
    "LienRelease",
    "OwnerMayCarry",
    "OwnerPayPoints",
    "OwnerWillCarry",
    "PrivateFinancingAvailable",
    "RelocationProperty",
    "SellerEquityShare",
    "SpecialFunding",
    "Submit",
    "Trade",
    "TrustConveyance",
    "TrustDeed",
    "UsdaLoan",
    "VaLoan",
]

LotFeatures = Literal[
    "Agricultural",
    "BackYard",
    "Bluff",
    "CityLot",
    "Cleared",
    "CloseToClubhouse",
    "CornerLot",
    "CornersMarked",
    "CulDeSac",
    "DesertBack",
    "DesertFront",
    "Farm",
    "FewTrees",
    "FlagLot",
    "FrontYard",
    "Garden",
    "GentleSloping",
    "Greenbelt",
    "InteriorLot",
    "IrregularLot",
    "LakeOnLot",
    "Landscaped",
    "Level",
    "ManyTrees",
    "Meadow",
    "NativePlants",
    "NearGolfCourse",
    "NearPublicTransit",
    "OnGolfCourse",
    "OpenLot",
    "Orchards",
    "Other",
    "Pasture",
    "Paved",
    "PieShapedLot",
    "PondOnLot",
    "Private",
    "RectangularLot",
    "RockOutcropping",
    "RollingSlope",
    "Secluded",
    "SeeRemarks",
    "Sloped",
    "SlopedDown",
    "SlopedUp",
    "SplitPossible",
    "SprinklersInFront",
    "SprinklersInRear",
    "SteepSlope",
    "Subdivided",
    "Views",
    "Waterfall",
    "Waterfront",
    "Wetlands",
    "Wooded",
    "ZeroLotLine",
]

LotSizeSource = Literal[
    "Appraiser", "Assessor", "Builder", "Estimated", "Other", "Owner", "Plans", "PublicRecords", "SeeRemarks"
]

LotSizeUnits = Literal["Acres", "SquareFeet", "SquareMeters"]

MediaAlteration = Literal[
    "DeclutteredItemRemoved",
    "ModelHome",
    "None",
    "OtherMediaModification",
    "TwilightConversion",
    "VirtualEnhancements",
    "VirtualRenovation",
    "VirtualRepresentationToBeBuilt",
    "VirtualRepresentationUnderConstruction",
    "VirtualStagingItemAddition",
]

MediaCategory = Literal[
    "AgentPhoto",
    "BrandedVirtualTour",
    "Document",
    "FloorPlan",
    "OfficeLogo",
    "OfficePhoto",
    "Photo",
    "UnbrandedVirtualTour",
    "Video",
]

MediaType = Literal[
    "Avif",
    "Doc",
    "Docx",
    "Gif",
    "Heic",
    "Jpeg",
    "Mov",
    "Mp4",
    "Mpeg",
    "Pdf",
    "Png",
    "Quicktime",
    "Rtf",
    "Tiff",
    "Txt",
    "Webp",
    "Wmv",
    "Xls",
    "Xlsx",
]

MemberOrder = Literal["MEMBER_FULL_NAME_ASC", "MEMBER_FULL_NAME_DESC"]

MemberType = Literal[
    "Affiliate",
    "Assistant",
    "AssociationStaff",
    "DesignatedRealtorAppraiser",
    "DesignatedRealtorParticipant",
    "LeasingAgent",
    "LicensedAssistant",
    "MlsOnlyAppraiser",
    "MlsOnlyBroker",
    "MlsOnlyBrokerAssociate",
    "MlsOnlySalesperson",
    "MlsStaff",
    "NonMemberVendor",
    "OfficeManager",
    "Photographer",
    "RealtorAppraiser",
    "RealtorBrokerAssociate",
    "RealtorSalesperson",
    "UnlicensedAssistant",
]

OfficeBranchType = Literal["Branch", "Main", "StandAlone"]

OfficeOrder = Literal["OFFICE_NAME_ASC", "OFFICE_NAME_DESC"]

OfficeType = Literal[
    "Affiliate",
    "Appraiser",
    "Association",
    "Mls",
    "MlsOnlyBranch",
    "MlsOnlyFirm",
    "MlsOnlyOffice",
    "NonMemberVendor",
    "RealtorBranchOffice",
    "RealtorFirm",
    "RealtorOffice",
]

OpenHouseOrder = Literal["OPEN_HOUSE_START_TIME_ASC", "OPEN_HOUSE_START_TIME_DESC"]

OpenHouseStatus = Literal["Active", "Canceled", "Ended"]

OpenHouseType = Literal["Broker", "LivestreamBroker", "LivestreamPublic", "Office", "Public"]

OtherStructures = Literal[
    "AirplaneHangar",
    "Arena",
    "Barns",
    "BoatHouse",
    "Cabana",
    "Caves",
    "Corrals",
    "CoveredArena",
    "Garages",
    "Gazebo",
    "GrainStorage",
    "Greenhouse",
    "GuestHouse",
    "KennelDogRun",
    "MobileHome",
    "None",
    "Other",
    "Outbuilding",
    "OutdoorKitchen",
    "PackingShed",
    "Pergola",
    "PoolHouse",
    "PoultryCoop",
    "Residence",
    "RvBoatStorage",
    "SecondGarage",
    "SecondResidence",
    "SeeRemarks",
    "Sheds",
    "Stables",
    "Storage",
    "TennisCourts",
    "Workshop",
]

ParkingFeatures = Literal[
    "AdditionalParking",
    "Aggregate",
    "AlleyAccess",
    "Asphalt",
    "Assigned",
    "Attached",
    "AttachedCarport",
    "Basement",
    "Boat",
    "Carport",
    "CircularDriveway",
    "Common",
    "CommunityStructure",
    "Concrete",
    "ConvertedGarage",
    "Covered",
    "Deck",
    "Deeded",
    "Detached",
    "DetachedCarport",
    "DirectAccess",
    "DriveThrough",
    "Driveway",
    "ElectricGate",
    "ElectricVehicleChargingStations",
    "Enclosed",
    "Garage",
    "GarageDoorOpener",
    "GarageFacesFront",
    "GarageFacesRear",
    "GarageFacesSide",
    "Gated",
    "GolfCartGarage",
    "Gravel",
    "Guest",
    "HeatedGarage",
    "InsideEntrance",
    "KitchenLevel",
    "Leased",
    "Lighted",
    "NoGarage",
    "None",
    "OffSite",
    "OffStreet",
    "OnSite",
    "OnStreet",
    "Open",
    "Other",
    "Outside",
    "Oversized",
    "ParkingLot",
    "ParkingPad",
    "Paved",
    "PaverBlock",
    "PermitRequired",
    "Private",
    "RvAccessParking",
    "RvCarport",
    "RvGarage",
    "RvGated",
    "Secured",
    "SeeRemarks",
    "SharedDriveway",
    "SideBySide",
    "Storage",
    "Tandem",
    "Unassigned",
    "Underground",
    "Unpaved",
    "Valet",
    "VariesByUnit",
    "WorkshopInGarage",
]

PatioAndPorchFeatures = Literal[
    "Awnings",
    "Covered",
    "Deck",
    "Enclosed",
    "FrontPorch",
    "GlassEnclosed",
    "None",
    "Other",
    "Patio",
    "Porch",
    "RearPorch",
    "Screened",
    "SeeRemarks",
    "SidePorch",
    "Terrace",
    "WrapAround",
]

PetsAllowed = Literal[
    "BreedRestrictions", "Call", "CatsOk", "DogsOk", "No", "NumberLimit", "SizeLimit", "Yes"
]

PoolFeatures = Literal[
    "AboveGround",
    "Association",
    "BlackBottom",
    "Cabana",
    "Community",
    "DivingBoard",
    "ElectricHeat",
    "EnergyStarQualifiedPoolPump",
    "Fenced",
    "Fiberglass",
    "Filtered",
    "GasHeat",
    "Gunite",
    "Heated",
    "InGround",
    "Indoor",
    "Infinity",
    "Lap",
    "Liner",
    "None",
    "Other",
    "OutdoorPool",
    "PoolCover",
    "PoolSweep",
    "PoolSpaCombo",
    "Private",
    "SaltWater",
    "ScreenEnclosure",
    "SeeRemarks",
    "SolarCover",
    "SolarHeat",
    "Sport",
    "Tile",
    "Vinyl",
    "Waterfall",
]

Possession = Literal[
    "CloseOfEscrow",
    "ClosePlus1Day",
    "ClosePlus2Days",
    "ClosePlus3Days",
    "ClosePlus3To5Days",
    "ClosePlus30Days",
    "Negotiable",
    "Other",
    "RentalAgreement",
    "SeeRemarks",
    "SellerRentBack",
    "SubjectToTenantRights",
]

PropertyCondition = Literal["Fixer", "NewConstruction", "ToBeBuilt", "UnderConstruction", "UpdatedRemodeled"]

PropertyOrder = Literal[
    "BEDROOMS_TOTAL_ASC",
    "BEDROOMS_TOTAL_DESC",
    "LIST_PRICE_ASC",
    "LIST_PRICE_DESC",
    "LIVING_AREA_SQUARE_METRES_ASC",
    "LIVING_AREA_SQUARE_METRES_DESC",
    "MODIFICATION_TIMESTAMP_ASC",
    "MODIFICATION_TIMESTAMP_DESC",
    "ORIGINAL_ENTRY_TIMESTAMP_ASC",
    "ORIGINAL_ENTRY_TIMESTAMP_DESC",
]

PropertySubType = Literal[
    "Agriculture",
    "Apartment",
    "BoatSlip",
    "Business",
    "Cabin",
    "Condominium",
    "CoOwnership",
    "DeededParking",
    "Duplex",
    "Farm",
    "HotelMotel",
    "Industrial",
    "ManufacturedHome",
    "ManufacturedOnLand",
    "MixedUse",
    "MobileHome",
    "MobileHomePark",
    "MultiFamily",
    "Office",
    "OwnYourOwn",
    "Quadruplex",
    "Ranch",
    "Retail",
    "SingleFamilyResidence",
    "StockCooperative",
    "TenancyInCommon",
    "Timeshare",
    "Townhouse",
    "Triplex",
    "UnimprovedLand",
    "Warehouse",
]

PropertyType = Literal[
    "BusinessOpportunity",
    "CommercialLease",
    "CommercialSale",
    "Farm",
    "Land",
    "ManufacturedInPark",
    "Residential",
    "ResidentialIncome",
    "ResidentialLease",
]

RentIncludes = Literal[
    "AllUtilities",
    "CableTv",
    "Electricity",
    "Gardener",
    "Gas",
    "Internet",
    "Management",
    "None",
    "Other",
    "SeeRemarks",
    "Sewer",
    "TrashCollection",
    "Water",
]

ReviewOrder = Literal[
    "ORIGINAL_ENTRY_TIMESTAMP_ASC", "ORIGINAL_ENTRY_TIMESTAMP_DESC", "RATING_ASC", "RATING_DESC"
]

Role = Literal["USER", "AGENT", "OFFICE_MANAGER", "MODERATOR", "ADMIN"]

Roof = Literal[
    "Aluminum",
    "AsbestosShingle",
    "Asphalt",
    "Bahama",
    "Barrel",
    "Bituthene",
    "BuiltUp",
    "Composition",
    "Concrete",
    "Copper",
    "Elastomeric",
    "Fiberglass",
    "Flat",
    "FlatTile",
    "Foam",
    "GreenRoof",
    "Mansard",
    "Membrane",
    "Metal",
    "Mixed",
    "None",
    "Other",
    "RolledHotMop",
    "Rubber",
    "SeeRemarks",
    "Shake",
    "Shingle",
    "Slate",
    "SpanishTile",
    "Stone",
    "Synthetic",
    "TarGravel",
    "Tile",
    "Wood",
]

Scope = Literal["AUDIT_READ", "USERS_READ"]

SecurityFeatures = Literal[
    "TwentyFourHourSecurity",
    "BuildingSecurity",
    "CarbonMonoxideDetectors",
    "ClosedCircuitCameras",
    "FireAlarm",
    "FireEscape",
    "FireSprinklerSystem",
    "Firewalls",
    "GatedCommunity",
    "GatedWithGuard",
    "KeyCardEntry",
    "Other",
    "PanicAlarm",
    "Prewired",
    "SecuredGarageParking",
    "SecurityFence",
    "SecurityGate",
    "SecurityGuard",
    "SecurityLights",
    "SecurityService",
    "SecuritySystem",
    "SecuritySystemLeased",
    "SecuritySystemOwned",
    "SeeRemarks",
    "SmokeDetectors",
    "VariesByUnit",
    "WindowBars",
    "WindowBarsWithQuickRelease",
]

Sewer = Literal[
    "AerobicSeptic",
    "Cesspool",
    "EngineeredSeptic",
    "HoldingTank",
    "MoundSeptic",
    "None",
    "Other",
    "PercTestOnFile",
    "PercTestRequired",
    "PrivateSewer",
    "PublicSewer",
    "SepticNeeded",
    "SepticTank",
    "SharedSeptic",
    "Unknown",
]

SpaFeatures = Literal[
    "AboveGround",
    "Bath",
    "Community",
    "Fiberglass",
    "Gunite",
    "Heated",
    "InGround",
    "None",
    "Private",
    "SeeRemarks",
]

SpecialListingConditions = Literal[
    "Auction",
    "BankruptcyProperty",
    "Conservatorship",
    "HudOwned",
    "InForeclosure",
    "NoticeOfDefault",
    "ProbateListing",
    "RealEstateOwned",
    "ShortSale",
    "Standard",
    "ThirdPartyApproval",
    "Trust",
]

StandardStatus = Literal[
    "Active",
    "ActiveUnderContract",
    "Canceled",
    "Closed",
    "ComingSoon",
    "Delete",
    "Expired",
    "Hold",
    "Incomplete",
    "Pending",
    "Withdrawn",
]

StreetDirection = Literal["E", "N", "NE", "NW", "S", "SE", "SW", "W"]

StructureType = Literal[
    "Cabin",
    "Dock",
    "Duplex",
    "Flex",
    "HotelMotel",
    "House",
    "Industrial",
    "ManufacturedHouse",
    "MixedUse",
    "MultiFamily",
    "None",
    "Office",
    "Quadruplex",
    "Retail",
    "Townhouse",
    "Triplex",
    "Warehouse",
]

TenantPays = Literal[
    "AllUtilities",
    "AssociationFees",
    "CableTv",
    "CommonAreaMaintenance",
    "Electricity",
    "ExteriorMaintenance",
    "Gas",
    "GroundsCare",
    "HotWater",
    "HvacMaintenance",
    "Insurance",
    "JanitorialService",
    "Management",
    "None",
    "Other",
    "OtherTax",
    "ParkingFee",
    "PestControl",
    "PoolMaintenance",
    "Repairs",
    "Roof",
    "Security",
    "SeeRemarks",
    "Sewer",
    "SnowRemoval",
    "Taxes",
    "Telephone",
    "TrashCollection",
    "Water",
]

UserErrorCode = Literal[
    "ACCOUNT_SUSPENDED",
    "ALREADY_EXISTS",
    "INVALID_CREDENTIALS",
    "INVALID_FORMAT",
    "INVALID_LENGTH",
    "INVALID_TOKEN",
    "LAST_ADMIN",
    "NOT_FOUND",
    "OUT_OF_RANGE",
]

Utilities = Literal[
    "CableAvailable",
    "CableConnected",
    "CableNotAvailable",
    "ElectricityAvailable",
    "ElectricityConnected",
    "ElectricityNotAvailable",
    "NaturalGasAvailable",
    "NaturalGasConnected",
    "NaturalGasNotAvailable",
    "None",
    "Other",
    "PhoneAvailable",
    "PhoneConnected",
    "PhoneNotAvailable",
    "Propane",
    "SeeRemarks",
    "SewerAvailable",
    "SewerConnected",
    "SewerNotAvailable",
    "UndergroundUtilities",
    "WaterAvailable",
    "WaterConnected",
    "WaterNotAvailable",
]

View = Literal[
    "Bay",
    "Beach",
    "Bridges",
    "Canal",
    "Canyon",
    "City",
    "CityLights",
    "CreekStream",
    "Desert",
    "Downtown",
    "Forest",
    "Garden",
    "GolfCourse",
    "Hills",
    "Lake",
    "Marina",
    "Meadow",
    "Mountains",
    "Neighborhood",
    "None",
    "Ocean",
    "Orchard",
    "Other",
    "Panoramic",
    "ParkGreenbelt",
    "Pasture",
    "Pond",
    "Pool",
    "Ridge",
    "River",
    "Rural",
    "SeeRemarks",
    "Skyline",
    "Territorial",
    "TreesWoods",
    "Valley",
    "Vineyard",
    "Water",
]

WaterSource = Literal[
    "Cistern", "None", "Other", "Private", "Public", "SeeRemarks", "SharedWell", "Spring", "Well"
]

WaterfrontFeatures = Literal[
    "BayAccess",
    "Bayfront",
    "BeachAccess",
    "BeachFront",
    "CanalAccess",
    "CanalFront",
    "Creek",
    "Lagoon",
    "LakeFront",
    "LakePrivileges",
    "MarinaInCommunity",
    "NavigableWater",
    "OceanAccess",
    "OceanFront",
    "Pond",
    "RiverAccess",
    "RiverFront",
    "Seawall",
    "Stream",
    "Waterfront",
]

WindowFeatures = Literal[
    "AluminumFrames",
    "BayWindows",
    "Blinds",
    "DisplayWindows",
    "DoublePaneWindows",
    "Drapes",
    "EnergyStarQualifiedWindows",
    "GardenWindows",
    "InsulatedWindows",
    "LowEmissivityWindows",
    "PlantationShutters",
    "Screens",
    "Shutters",
    "Skylights",
    "SolarScreens",
    "StormWindows",
    "TintedWindows",
    "TriplePaneWindows",
    "WindowCoverings",
    "WindowTreatments",
    "WoodFrames",
]

YearBuiltSource = Literal[
    "Appraiser", "Assessor", "Builder", "Estimated", "Other", "Owner", "PublicRecords", "SeeRemarks"
]


class BoundingBoxInput(TypedDict):
    """Part of the map between two meridians and two parallels. It crosses the 180th meridian where `west` exceeds
    `east`."""

    west: Decimal
    south: Decimal
    east: Decimal
    north: Decimal


class ChangePasswordInput(TypedDict):
    """A new password of the viewer."""

    current_password: str
    new_password: str


class CreateAccountInput(TypedDict):
    """Who wants an account."""

    email: str
    password: str
    display_name: str


class CreateReviewInput(TypedDict):
    """A review to write."""

    property_id: str
    rating: int
    body: str


class DateRange(TypedDict):
    """Bounds of a Date; all that are given must hold."""

    eq: NotRequired[date | None]
    gt: NotRequired[date | None]
    gte: NotRequired[date | None]
    lt: NotRequired[date | None]
    lte: NotRequired[date | None]


class DateTimeRange(TypedDict):
    """Bounds of a DateTime; all that are given must hold."""

    eq: NotRequired[datetime | None]
    gt: NotRequired[datetime | None]
    gte: NotRequired[datetime | None]
    lt: NotRequired[datetime | None]
    lte: NotRequired[datetime | None]


class DecimalRange(TypedDict):
    """Bounds of a Decimal; all that are given must hold."""

    eq: NotRequired[Decimal | None]
    gt: NotRequired[Decimal | None]
    gte: NotRequired[Decimal | None]
    lt: NotRequired[Decimal | None]
    lte: NotRequired[Decimal | None]


class DeleteAccountInput(TypedDict):
    """That the viewer wants to leave."""

    password: str


class HistoryTransactionalFilter(TypedDict):
    """What must hold of a change."""

    field_name: NotRequired[str | None]
    change_type: NotRequired[list[ChangeType] | None]


class IntRange(TypedDict):
    """Bounds of an Int; all that are given must hold."""

    eq: NotRequired[int | None]
    gt: NotRequired[int | None]
    gte: NotRequired[int | None]
    lt: NotRequired[int | None]
    lte: NotRequired[int | None]


class MemberFilter(TypedDict):
    """What must hold of a member. A member that does not say a value does not match a filter on it."""

    member_full_name: NotRequired[str | None]
    member_type: NotRequired[list[MemberType] | None]
    member_languages: NotRequired[list[Languages] | None]


class OfficeFilter(TypedDict):
    """What must hold of an office. An office that does not say a value does not match a filter on it."""

    office_name: NotRequired[str | None]
    office_city: NotRequired[list[str] | None]
    office_postal_code: NotRequired[list[str] | None]
    office_state_or_province: NotRequired[list[str] | None]


class OpenHouseFilter(TypedDict):
    """What must hold of an open house."""

    open_house_status: NotRequired[list[OpenHouseStatus] | None]
    open_house_date: NotRequired[DateRange | None]
    open_house_start_time: NotRequired[DateTimeRange | None]
    open_house_end_time: NotRequired[DateTimeRange | None]


class PropertyFilter(TypedDict):
    """What must hold of a listing. A single value must be equal, of a list of values one must be; a range must
    contain the value; a list of features must all be there. A listing that does not say a value does not match a
    filter on it."""

    text: NotRequired[str | None]
    bounding_box: NotRequired[BoundingBoxInput | None]
    standard_status: NotRequired[list[StandardStatus] | None]
    property_type: NotRequired[list[PropertyType] | None]
    property_sub_type: NotRequired[list[PropertySubType] | None]
    new_construction_yn: NotRequired[bool | None]
    year_built: NotRequired[IntRange | None]
    city: NotRequired[list[str] | None]
    subdivision_name: NotRequired[list[str] | None]
    postal_code: NotRequired[list[str] | None]
    county_or_parish: NotRequired[list[str] | None]
    state_or_province: NotRequired[list[str] | None]
    country: NotRequired[list[str] | None]
    list_price: NotRequired[DecimalRange | None]
    currency_code: NotRequired[list[str] | None]
    living_area: NotRequired[DecimalRange | None]
    living_area_units: NotRequired[AreaUnits | None]
    living_area_square_metres: NotRequired[DecimalRange | None]
    lot_size_square_feet: NotRequired[DecimalRange | None]
    bedrooms_total: NotRequired[IntRange | None]
    bathrooms_total_integer: NotRequired[IntRange | None]
    stories: NotRequired[IntRange | None]
    garage_yn: NotRequired[bool | None]
    garage_spaces: NotRequired[DecimalRange | None]
    pool_private_yn: NotRequired[bool | None]
    spa_yn: NotRequired[bool | None]
    fireplace_yn: NotRequired[bool | None]
    basement_yn: NotRequired[bool | None]
    cooling_yn: NotRequired[bool | None]
    waterfront_yn: NotRequired[bool | None]
    view_yn: NotRequired[bool | None]
    association_yn: NotRequired[bool | None]
    senior_community_yn: NotRequired[bool | None]
    furnished: NotRequired[list[Furnished] | None]
    pets_allowed: NotRequired[list[PetsAllowed] | None]
    accessibility_features: NotRequired[list[AccessibilityFeatures] | None]
    appliances: NotRequired[list[Appliances] | None]
    architectural_style: NotRequired[list[ArchitecturalStyle] | None]
    cooling: NotRequired[list[Cooling] | None]
    exterior_features: NotRequired[list[ExteriorFeatures] | None]
    flooring: NotRequired[list[Flooring] | None]
    heating: NotRequired[list[Heating] | None]
    interior_features: NotRequired[list[InteriorOrRoomFeatures] | None]
    lot_features: NotRequired[list[LotFeatures] | None]
    parking_features: NotRequired[list[ParkingFeatures] | None]
    pool_features: NotRequired[list[PoolFeatures] | None]
    security_features: NotRequired[list[SecurityFeatures] | None]
    view: NotRequired[list[View] | None]
    waterfront_features: NotRequired[list[WaterfrontFeatures] | None]
    on_market_date: NotRequired[DateRange | None]
    availability_date: NotRequired[DateRange | None]
    original_entry_timestamp: NotRequired[DateTimeRange | None]
    modification_timestamp: NotRequired[DateTimeRange | None]


class RefreshSessionInput(TypedDict):
    """By which refresh token."""

    refresh_token: NotRequired[str | None]


class RequestEmailChangeInput(TypedDict):
    """Another address of the viewer."""

    email: str
    password: str


class RequestPasswordResetInput(TypedDict):
    """Whose password is to be set anew."""

    email: str


class ResetPasswordInput(TypedDict):
    """A new password."""

    token: str
    password: str


class RevokeSessionInput(TypedDict):
    """Which session ends."""

    session_id: str


class SignInInput(TypedDict):
    """Who signs in."""

    email: str
    password: str
    cookie: bool


class SignOutInput(TypedDict):
    """What ends."""

    everywhere: bool


class VerifyEmailInput(TypedDict):
    """The token of a link in a letter."""

    token: str
